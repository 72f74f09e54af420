"""Addresses of screening, under /tam-soat/."""

from django.urls import path

from screening.web import eligible, enrolment, exceptions, indicators, worklist

app_name = "screening"
urlpatterns = [
    path("", worklist.worklist, name="worklist"),
    path("xem-lai/", exceptions.exceptions, name="exceptions"),
    path("ghi-danh/", eligible.eligible, name="eligible"),
    path("ghi-danh/phuong/", eligible.enrol_ward, name="enrol_ward"),
    path("ghi-danh/<uuid:patient_id>/", eligible.enrol_one, name="enrol"),
    path("chi-so/", indicators.indicators, name="indicators"),
    path("chi-so/tai/", indicators.indicator_file, name="indicator_file"),
    path("<uuid:enrolment_id>/", enrolment.enrolment, name="enrolment"),
    path("<uuid:enrolment_id>/phat-kit/", enrolment.issue, name="issue"),
    path("<uuid:enrolment_id>/kit/<uuid:kit_id>/nhan-mau/", enrolment.receive, name="receive"),
    path("<uuid:enrolment_id>/kit/<uuid:kit_id>/ket-qua/", enrolment.result, name="result"),
    path("<uuid:enrolment_id>/kit/<uuid:kit_id>/loai-mau/", enrolment.reject, name="reject"),
    path("<uuid:enrolment_id>/noi-soi/", enrolment.assess, name="assess"),
    path("<uuid:enrolment_id>/xet-nghiem/", enrolment.test, name="test"),
    path("<uuid:enrolment_id>/quyet-dinh/", enrolment.decision, name="decide"),
    path("<uuid:enrolment_id>/khong-lam/", enrolment.not_done, name="not_done"),
    path("<uuid:enrolment_id>/nhan-ca/", enrolment.take, name="take"),
    path("<uuid:enrolment_id>/giao-ca/", enrolment.assign, name="assign"),
]
