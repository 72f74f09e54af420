"""Every address of the system. Vietnamese without diacritics, as people read them out."""

from __future__ import annotations

from importlib.util import find_spec

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from oauth2_provider.views import TokenView

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("registry.urls")),
    path("quan-tri/", admin.site.urls),
    path("tai-khoan/", include("registry.web.account_urls")),
    path("o/token/", login_not_required(TokenView.as_view()), name="oauth_token"),
    path("api/schema/", login_not_required(SpectacularAPIView.as_view()), name="api_schema"),
    path(
        "api/tai-lieu/", login_not_required(SpectacularSwaggerView.as_view(url_name="api_schema")), name="api_documents"
    ),
]
for module, prefix in (
    ("hanoi_ehr.web.urls", ""),
    ("records.api.urls", "fhir/R4/"),
    ("screening.api.urls", "api/tam-soat/"),
    ("records.urls_search", ""),
    ("records.urls", "ho-so/"),
    ("clinics.urls", ""),
    ("screening.urls", "tam-soat/"),
    ("migration.urls", "di-tru/"),
):
    try:
        found = find_spec(module)
    except ModuleNotFoundError:
        found = None
    if found:
        urlpatterns.append(path(prefix, include(module)))

handler400 = "registry.web.errors.bad_request"
handler403 = "registry.web.errors.forbidden"
handler404 = "registry.web.errors.not_found"
handler500 = "registry.web.errors.broken"
