"""Addresses of screening's API, under /api/tam-soat/."""

from django.urls import path

from screening.api import views

app_name = "screening_api"
urlpatterns = [path("ket-qua/", views.ResultsView.as_view(), name="results")]
