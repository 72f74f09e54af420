"""Addresses of the clinic's pages."""

from __future__ import annotations

from django.urls import path

from clinics.web import (
    consultation,
    criticals,
    laboratory,
    orders,
    prescribing,
    prescriptions,
    reception,
    services,
)

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
    path("kham-benh/thuoc/", prescribing.medicines, name="medicines"),
    path("kham-benh/<uuid:visit_id>/don-thuoc/", prescribing.prescribe, name="prescribe"),
    path("don-thuoc/<uuid:prescription_id>/", prescriptions.prescription, name="prescription"),
    path("don-thuoc/<uuid:prescription_id>/in/", prescriptions.paper, name="prescription_paper"),
    path("man-hinh/<str:room_code>/", consultation.wall, name="wall"),
    path("kham-benh/dich-vu/", orders.suggestions, name="service_suggestions"),
    path("kham-benh/dich-vu/da-chon/", orders.chosen, name="services_chosen"),
    path("kham-benh/bo-chi-dinh/", orders.order_sets, name="order_sets"),
    path("kham-benh/bo-chi-dinh/<int:set_id>/bo/", orders.drop_set, name="order_set_drop"),
    path("kham-benh/<uuid:visit_id>/chi-dinh/", orders.order, name="order"),
    path("kham-benh/<uuid:visit_id>/cho-ket-qua/", orders.await_results, name="await_results"),
    path("can-lam-sang/", laboratory.worklist, name="orders"),
    path("can-lam-sang/nhan-mau/", laboratory.receive, name="receive"),
    path("can-lam-sang/phieu/<uuid:order_id>/", laboratory.order_page, name="order_page"),
    path("can-lam-sang/phieu/<uuid:order_id>/lay-mau/", laboratory.take, name="take"),
    path("can-lam-sang/phieu/<uuid:order_id>/nhan.pdf", laboratory.labels, name="labels"),
    path("can-lam-sang/mau/<uuid:specimen_id>/tu-choi/", laboratory.reject, name="reject"),
    path("can-lam-sang/muc/<uuid:item_id>/", laboratory.item, name="item"),
    path("can-lam-sang/muc/<uuid:item_id>/bat-dau/", laboratory.begin, name="begin"),
    path("can-lam-sang/muc/<uuid:item_id>/duyet/", laboratory.verify, name="verify"),
    path("can-lam-sang/muc/<uuid:item_id>/tra-lai/", laboratory.send_back, name="send_back"),
    path("can-lam-sang/muc/<uuid:item_id>/huy/", orders.cancel, name="cancel_item"),
    path("can-lam-sang/nguy-kich/", criticals.criticals, name="criticals"),
    path("can-lam-sang/nguy-kich/<uuid:alert_id>/", criticals.acknowledge, name="acknowledge"),
    path("can-lam-sang/danh-muc/", services.services, name="services"),
    path("can-lam-sang/danh-muc/nap/", services.upload, name="services_upload"),
    path("can-lam-sang/danh-muc/<str:code>/", services.set_up, name="service_set_up"),
]
