"""Addresses of the registry."""

from django.urls import path

from registry.web import views

urlpatterns = [
    path("", views.home, name="home"),
    path("co-so/doi/", views.switch_assignment, name="switch_assignment"),
    path("suc-khoe/", views.health, name="health"),
]
