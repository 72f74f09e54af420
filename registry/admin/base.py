"""Forms parse, commands decide, in the admin as everywhere: what is saved here goes through a command and its audit row."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.contrib.filters.admin import TextFilter

from registry.commands import administration
from registry.kernel import Refused, in_language
from registry.rules.text import fold

Row = Any


class RefusableForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form that can be shown again with what the command refused. Uniqueness is the database's to judge, in our words."""

    refusal: Refused | None = None

    def _post_clean(self) -> None:
        """Leave the table's constraints to the command, which says the same in words and at the right field."""
        self.instance.validate_constraints = lambda exclude=None: None
        super()._post_clean()  # type: ignore[misc]

    def clean(self) -> dict[str, Any]:
        """Take the refusal of the first try, when there is one."""
        cleaned = super().clean() or {}
        for one in self.refusal.all if self.refusal else ():
            self.add_error(one.field if one.field in self.fields else None, in_language(one.message))
        return cleaned


class CommandAdmin(ModelAdmin):  # type: ignore[misc]
    """A model kept by hand: commands write. Django's own log stays empty, the audit trail is the truth."""

    form = RefusableForm
    actions = None
    show_full_result_count = False
    list_per_page = 50
    list_filter_submit = True
    warn_unsaved_form = True
    save_command: ClassVar[Callable[..., Any]] = staticmethod(administration.save_reference)
    delete_command: ClassVar[Callable[..., Any]] = staticmethod(administration.delete_reference)

    def save_model(self, request: Any, obj: Row, form: Any, change: Any) -> None:
        """Run the command; what it refuses comes back through changeform_view."""
        self.save_command(request.ctx, row=obj, changed=form.changed_data)

    def delete_model(self, request: Any, obj: Row) -> None:
        """Run the command."""
        self.delete_command(request.ctx, row=obj)

    def get_form(self, request: Any, obj: Row | None = None, change: bool = False, **kwargs: Any) -> Any:
        """Hand the form what was refused a moment ago."""
        form = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"refusal": getattr(request, "refusal", None)})

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Show the form again, with errors at their fields, when the command refused the input."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refused as refusal:
            if refusal.concerns_access:
                raise
            request.refusal = refusal
        return super().changeform_view(request, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Say why, on the row's own page, when it cannot go."""
        try:
            return super().delete_view(request, object_id, extra_context)
        except Refused as refusal:
            if refusal.concerns_access:
                raise
            messages.error(request, in_language(refusal.message))
        return redirect(self.url("change", object_id))

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """The history of a row is its lines in the audit trail."""
        target = f"{self.model.__name__}:{object_id}"
        return redirect(f"{reverse('admin:registry_auditevent_changelist')}?q={target}")

    def missing(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """No such row: back to the index, with a message."""
        answer: HttpResponse = self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return answer

    def url(self, action: str, *args: object) -> str:
        """Address of a page of this model."""
        meta = self.model._meta
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_{action}", args=args)

    def page_of_form(self, request: Any, title: Any, form: forms.Form, **context: Any) -> TemplateResponse:
        """A page with one form of ours inside the admin's frame."""
        frame = {**self.admin_site.each_context(request), "opts": self.model._meta, "title": title, "form": form}
        return TemplateResponse(request, "admin/registry/form_page.html", {**frame, **context})

    def log_addition(self, *_: Any) -> None:
        """Nothing: the command has written its row."""

    def log_change(self, *_: Any) -> None:
        """Nothing: the command has written its row."""

    def log_deletions(self, *_: Any) -> None:
        """Nothing: the command has written its row."""


class ReadOnlyAdmin(CommandAdmin):
    """A list to look at."""

    def has_add_permission(self, request: HttpRequest, *_: Any) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False


class FoldedSearch:
    """Search as people type: without diacritics, in any case. The fields named must hold folded keys or codes."""

    def get_search_results(self, request: Any, queryset: QuerySet[Any], term: str) -> Any:
        """Fold the term first."""
        return super().get_search_results(request, queryset, fold(term))  # type: ignore[misc]


class DayFilter(TextFilter):  # type: ignore[misc]
    """Rows in force on a day."""

    title = _("ngày có hiệu lực (dd/mm/yyyy)")
    parameter_name = "ngay"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Everything without a day; nothing for what is no day, so that nobody reads a full list as the answer."""
        text = self.value()
        if not text:
            return queryset
        day = read_day(text)
        if day is None:
            messages.error(request, _("Ngày phải viết dạng dd/mm/yyyy, ví dụ 01/07/2025."))
            return queryset.none()
        return queryset.filter(Q(valid_to=None) | Q(valid_to__gte=day), valid_from__lte=day)


def read_day(text: str) -> date | None:
    """dd/mm/yyyy as a date, None when it is none."""
    try:
        return datetime.strptime(text.strip(), "%d/%m/%Y").date()  # noqa: DTZ007 - a day, not a moment
    except ValueError:
        return None


def run_form(form: forms.Form, command: Callable[[], Any]) -> tuple[bool, Any]:
    """Run a command for a form page: (True, its answer), or (False, None) with the refusals at the form's fields."""
    try:
        return True, command()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        for one in refusal.all:
            form.add_error(one.field if one.field in form.fields else None, in_language(one.message))
        return False, None
