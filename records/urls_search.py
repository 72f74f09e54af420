"""The search box of every page: outside the app's namespace, because every layout names it."""

from django.urls import path

from records.web.search import search

urlpatterns = [path("ho-so/tim/", search, name="patient_search")]
