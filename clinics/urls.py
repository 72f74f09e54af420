"""Addresses of the clinic's pages."""

from __future__ import annotations

from django.urls import path

from clinics.web import consultation, reception

app_name = "clinics"

urlpatterns = [
    path("tiep-nhan/", reception.reception, name="reception"),
    path("tiep-nhan/goi-so/", reception.call, name="call"),
    path("tiep-nhan/phieu/<uuid:ticket_id>/", reception.slip, name="slip"),
    path("tiep-nhan/<uuid:patient_id>/", reception.arrive, name="arrive"),
    path("kham-benh/", consultation.worklist, name="worklist"),
    path("kham-benh/icd-10/", consultation.suggestions, name="suggestions"),
    path("kham-benh/icd-10/da-chon/", consultation.chosen, name="chosen"),
    path("kham-benh/<uuid:visit_id>/", consultation.visit, name="visit"),
    path("kham-benh/<uuid:visit_id>/sinh-hieu/", consultation.vitals, name="vitals"),
    path("kham-benh/<uuid:visit_id>/bat-dau/", consultation.start, name="start"),
    path("kham-benh/<uuid:visit_id>/phieu-kham/", consultation.diagnoses, name="diagnoses"),
    path("kham-benh/<uuid:visit_id>/huy/", consultation.cancel, name="cancel"),
    path("kham-benh/<uuid:visit_id>/bo-ve/", consultation.leave, name="leave"),
    path("kham-benh/<uuid:visit_id>/goi-lai/", consultation.recall, name="recall"),
    path("man-hinh/<str:room_code>/", consultation.wall, name="wall"),
]
