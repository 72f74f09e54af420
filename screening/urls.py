"""Addresses of screening, under /tam-soat/."""

from django.urls import path

from screening.web import batches, eligible, enrolment, exceptions, indicators, laboratory, worklist

app_name = "screening"
urlpatterns = [
    path("", worklist.worklist, name="worklist"),
    path("xem-lai/", exceptions.exceptions, name="exceptions"),
    path("ghi-danh/", eligible.eligible, name="eligible"),
    path("ghi-danh/phuong/", eligible.enrol_ward, name="enrol_ward"),
    path("ghi-danh/<uuid:patient_id>/", eligible.enrol_one, name="enrol"),
    path("moi/", batches.batches, name="batches"),
    path("moi/lap/", batches.plan, name="plan"),
    path("moi/thanh-pho/", batches.plan_city, name="plan_city"),
    path("moi/thu/", batches.scan, name="scan"),
    path("moi/tra-loi/<uuid:invitation_id>/", batches.answer, name="answer"),
    path("moi/<uuid:batch_id>/", batches.batch, name="batch"),
    path("moi/<uuid:batch_id>/thu/", batches.letters, name="letters"),
    path("moi/<uuid:batch_id>/thu/da-gui/", batches.letters_sent, name="letters_sent"),
    path("moi/<uuid:batch_id>/goi/", batches.phone_list, name="phone_list"),
    path("moi/<uuid:batch_id>/gui-lai/", batches.try_again, name="try_again"),
    path("moi/<uuid:batch_id>/rut/", batches.withdraw, name="withdraw_batch"),
    path("ghi-danh/<uuid:patient_id>/nhan-ve/", eligible.take, name="take_over"),
    path("phong-xet-nghiem/", laboratory.batches, name="lab_batches"),
    path("phong-xet-nghiem/<uuid:laboratory_batch_id>/", laboratory.batch, name="lab_batch"),
    path("phong-xet-nghiem/<uuid:laboratory_batch_id>/nhan/", laboratory.receive, name="lab_receive"),
    path("phong-xet-nghiem/<uuid:laboratory_batch_id>/ket-qua/", laboratory.results, name="lab_results"),
    path("phong-xet-nghiem/<uuid:laboratory_batch_id>/tep/", laboratory.file, name="lab_file"),
    path("phong-xet-nghiem/<uuid:laboratory_batch_id>/loai-mau/", laboratory.reject, name="lab_reject"),
    path("chi-so/", indicators.indicators, name="indicators"),
    path("chi-so/tai/", indicators.indicator_file, name="indicator_file"),
    path("<uuid:enrolment_id>/", enrolment.enrolment, name="enrolment"),
    path("<uuid:enrolment_id>/phat-kit/", enrolment.issue, name="issue"),
    path("<uuid:enrolment_id>/kit/<uuid:kit_id>/nhan-mau/", enrolment.receive, name="receive"),
    path("<uuid:enrolment_id>/kit/<uuid:kit_id>/ket-qua/", enrolment.result, name="result"),
    path("<uuid:enrolment_id>/kit/<uuid:kit_id>/loai-mau/", enrolment.reject, name="reject"),
    path("<uuid:enrolment_id>/noi-soi/", enrolment.assess, name="assess"),
    path("<uuid:enrolment_id>/xet-nghiem/", enrolment.test, name="test"),
    path("<uuid:enrolment_id>/mau/", enrolment.sample, name="sample"),
    path("<uuid:enrolment_id>/mau/<uuid:sample_id>/nhan/", enrolment.take_sample, name="take_sample"),
    path("<uuid:enrolment_id>/mau/<uuid:sample_id>/giao/", enrolment.give_sample, name="give_sample"),
    path("<uuid:enrolment_id>/quyet-dinh/", enrolment.decision, name="decide"),
    path("<uuid:enrolment_id>/goi-lai/", enrolment.call_later, name="put_off"),
    path("<uuid:enrolment_id>/khong-lam/", enrolment.not_done, name="not_done"),
    path("<uuid:enrolment_id>/nhan-ca/", enrolment.take, name="take"),
    path("<uuid:enrolment_id>/giao-ca/", enrolment.assign, name="assign"),
]
