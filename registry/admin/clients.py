"""Hospitals' systems: their OAuth application, and the facility each acts for."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import get_application_model
from unfold.decorators import action

from registry.admin.base import CommandAdmin, RefusableForm
from registry.commands import administration
from registry.models import ApiClient

Application = get_application_model()


class ApplicationForm(RefusableForm):
    """A name is all one states: the key and the secret are drawn by chance."""

    class Meta:
        model = Application
        fields = ("name",)
        labels = {"name": _("Tên hệ thống")}

    def _get_validation_exclusions(self) -> set[str]:
        """The other fields are the command's."""
        return {field.name for field in Application._meta.fields} - {"name"}


@admin.register(Application)
class ApplicationAdmin(CommandAdmin):
    """Client credentials only. The secret is shown once, when it is made; the database holds its hash."""

    form = ApplicationForm
    list_display = ("name", "client_id", "created", "updated")
    list_display_links = ("name", "client_id")
    search_fields = ("name", "client_id")
    readonly_fields = ("client_id", "created", "updated")
    fields = ("name", "client_id", ("created", "updated"))
    add_fieldsets = ((None, {"fields": ("name",)}),)
    actions_detail = ("renew",)

    def save_model(self, request: Any, obj: Any, form: Any, change: Any) -> None:
        """Keep a new secret for the one page that shows it."""
        request.secret = administration.save_application(request.ctx, row=obj, changed=form.changed_data)

    def response_add(self, request: Any, obj: Any, post_url_continue: Any = None) -> HttpResponse:
        """The page with the secret."""
        return self._secret_page(request, obj, request.secret)

    @action(description=_("Cấp lại khoá bí mật"), url_path="cap-lai", permissions=["change"], icon="key")  # type: ignore[untyped-decorator]
    def renew(self, request: Any, object_id: str) -> HttpResponse:
        """Another secret: the old one and its tokens stop at once."""
        application = self.get_object(request, object_id)
        if application is None:
            return self.missing(request, object_id)
        if request.method == "POST":
            return self._secret_page(request, application, administration.renew_secret(request.ctx, row=application))
        return self.page_of_form(
            request,
            _("Cấp lại khoá bí mật: %(name)s") % {"name": application.name},
            Form(),
            original=application,
            submit_label=_("Cấp khoá mới"),
            warning=_("Khoá bí mật cũ và các mã truy cập đã cấp sẽ mất hiệu lực ngay. Bệnh viện phải đặt khoá mới."),
        )

    def _secret_page(self, request: HttpRequest, application: Any, secret: str) -> TemplateResponse:
        frame = {**self.admin_site.each_context(request), "opts": self.model._meta, "title": _("Khoá bí mật")}
        page = {"application": application, "secret": secret, "done": self.url("change", application.pk)}
        return TemplateResponse(request, "admin/registry/secret_once.html", {**frame, **page})


@admin.register(ApiClient)
class ApiClientAdmin(CommandAdmin):
    """Which facility an application acts for; switching one off bites at its next request."""

    list_display = ("client_id", "facility", "active")
    list_filter = ("active",)
    search_fields = ("client_id", "facility__code", "facility__name_key")
    list_select_related = ("facility",)
    autocomplete_fields = ("facility",)
    fields = ("client_id", "facility", "active")
    save_command: ClassVar[Any] = staticmethod(administration.save_staff_data)
