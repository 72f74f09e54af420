"""Addresses of the FHIR face."""

from django.urls import path

from records.api import views

app_name = "fhir"
urlpatterns = [
    path("metadata", views.MetadataView.as_view(), name="metadata"),
    path("Patient", views.PatientSearchView.as_view(), name="patients"),
    path("Patient/<str:patient_id>", views.PatientView.as_view(), name="patient"),
]
