"""Code systems, their concepts, and the upload of a whole list."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import (
    UnfoldAdminFileFieldWidget,
    UnfoldAdminSingleDateWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanSwitchWidget,
)

from registry.admin.base import CommandAdmin, DayFilter, FoldedSearch, run_form
from registry.commands.reference import Loaded, SystemCard, import_code_list
from registry.models import CodeSystem, Concept

MAX_LIST_BYTES = 20 * 1024 * 1024  # ICD-10 with both languages is under 4 MB


class CodeListForm(forms.Form):
    """A code list as a file: UTF-8, tabs, semicolons or commas, with a heading line."""

    file = forms.FileField(
        label=_("Tệp danh sách (CSV UTF-8, có dòng tiêu đề)"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "Cột bắt buộc: ma, ten. Cột tuỳ chọn: ten tieng anh, hieu luc tu, hieu luc den; cột khác là thuộc tính."
        ),
    )
    valid_from = forms.DateField(
        label=_("Có hiệu lực từ"), widget=UnfoldAdminSingleDateWidget, help_text=_("Cho các dòng không ghi ngày riêng.")
    )
    source = forms.CharField(
        label=_("Nguồn"), max_length=300, widget=UnfoldAdminTextInputWidget, help_text=_("Số, ngày văn bản ban hành.")
    )
    official = forms.BooleanField(label=_("Bản chính thức"), required=False, widget=UnfoldBooleanSwitchWidget)
    complete = forms.BooleanField(
        label=_("Danh sách đầy đủ"),
        required=False,
        widget=UnfoldBooleanSwitchWidget,
        help_text=_("Mã đang dùng mà tệp không có sẽ hết hiệu lực từ hôm trước ngày trên."),
    )

    def clean_file(self) -> Any:
        """Refuse what no code list is as large as."""
        file = self.cleaned_data["file"]
        if file.size > MAX_LIST_BYTES:
            raise forms.ValidationError(_("Tệp quá lớn (hơn 20 MB): đây không phải một danh sách mã."))
        return file


@admin.register(CodeSystem)
class CodeSystemAdmin(CommandAdmin):
    """Lists of codes; a list's content comes by upload."""

    list_display = ("key", "name", "official", "source")
    list_display_links = ("key", "name")
    list_filter = ("official",)
    search_fields = ("key", "name")
    fields = (("key", "official"), "name", "uri", "source")
    actions_detail = ("upload",)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A list's key is what programs know it by."""
        return ("key",) if obj else ()

    @action(description=_("Nạp danh sách mã"), url_path="nap", permissions=["change"], icon="upload_file")  # type: ignore[untyped-decorator]
    def upload(self, request: Any, object_id: str) -> HttpResponse:
        """Load a list into this code system, or nothing of it when a line is faulty."""
        system = self.get_object(request, object_id)
        if system is None:
            return self.missing(request, object_id)
        start = {"valid_from": timezone.localdate(), "source": system.source, "official": system.official}
        form = CodeListForm(request.POST or None, request.FILES or None, initial=start)
        if request.method == "POST" and form.is_valid():
            ok, loaded = run_form(form, lambda: self._import(request, system, form.cleaned_data))
            if ok:
                messages.success(request, counts(loaded))
                return redirect(self.url("change", object_id))
        return self.page_of_form(
            request,
            _("Nạp danh sách mã: %(name)s") % {"name": system.name},
            form,
            original=system,
            submit_label=_("Nạp danh sách"),
            multipart=True,
        )

    def _import(self, request: Any, system: CodeSystem, data: dict[str, Any]) -> Loaded:
        card = SystemCard(system.key, system.name, system.uri, data["source"], data["official"])
        return import_code_list(
            request.ctx,
            system=card,
            content=data["file"].read(),
            valid_from=data["valid_from"],
            complete=data["complete"],
        )


def counts(loaded: Loaded) -> str:
    """What a load did, in words."""
    added, changed, closed, unchanged = loaded.counts
    told = _("Đã nạp: thêm %(added)s, sửa %(changed)s, hết hiệu lực %(closed)s, giữ nguyên %(unchanged)s mã.")
    return told % {"added": added, "changed": changed, "closed": closed, "unchanged": unchanged}


@admin.register(Concept)
class ConceptAdmin(FoldedSearch, CommandAdmin):
    """Single codes: what a list states is better loaded as a list."""

    list_display = ("code", "display", "system", "valid_from", "valid_to")
    list_display_links = ("code", "display")
    list_filter = ("system", DayFilter)
    search_fields = ("search_key",)
    list_select_related = ("system",)
    fields = ("system", "code", "display", "display_en", ("valid_from", "valid_to"), "properties")
