"""Addresses of the house's own pages."""

from django.urls import include, path

from hanoi_ehr.web.gallery import gallery

urlpatterns = [
    path("giao-dien/", gallery, name="gallery"),
    path("ngon-ngu/", include("django.conf.urls.i18n")),
]
