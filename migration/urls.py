"""Addresses of legacy imports, under /di-tru/."""

from django.urls import path

from migration.web import views

app_name = "migration"
urlpatterns = [
    path("", views.batches, name="batches"),
    path("nap/", views.upload, name="upload"),
    path("<uuid:batch_id>/", views.batch, name="batch"),
    path("<uuid:batch_id>/bat-dau/", views.start, name="start"),
    path("<uuid:batch_id>/huy/", views.cancel, name="cancel"),
    path("<uuid:batch_id>/nap-that/", views.for_real, name="for_real"),
    path("<uuid:batch_id>/cach-ly/", views.quarantine, name="quarantine"),
    path("<uuid:batch_id>/xem-truoc/", views.preview, name="preview"),
    path("<uuid:batch_id>/bien-nhan/", views.receipt, name="receipt"),
]
