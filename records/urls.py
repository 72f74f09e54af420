"""Addresses of the record."""

from django.urls import path

from records.web import emergency, growth, record, register

app_name = "records"
urlpatterns = [
    path("dang-ky/", register.register, name="register"),
    path("khan-cap/", emergency.reviews, name="emergency_reviews"),
    path("<uuid:patient_id>/", record.record, name="record"),
    path("<uuid:patient_id>/luot-kham/", record.timeline, name="timeline"),
    path("<uuid:patient_id>/tang-truong/", growth.growth, name="growth"),
    path("<uuid:patient_id>/hanh-chinh/", record.identity, name="identity"),
    path("<uuid:patient_id>/ai-da-xem/", record.looks, name="looks"),
    path("<uuid:patient_id>/khan-cap/", emergency.open_emergency, name="open_emergency"),
]
