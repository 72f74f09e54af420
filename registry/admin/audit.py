"""The audit trail and its seals, to read and to check."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import TextFilter
from unfold.decorators import action, display
from unfold.widgets import UnfoldAdminSelectWidget

from registry.admin.base import ReadOnlyAdmin, read_day
from registry.commands.seals import find_audit_faults
from registry.kernel import in_language
from registry.models import AuditEvent, AuditSeal
from registry.queries.audit_trail import AuditSearch, get_event, note_trail_check, note_trail_read
from registry.rules.permissions import ROLE_NAMES, Role
from registry.web.trail_words import action_words

MAX_COUNTED = 10_000
DEFAULT_DAYS = 7
MAX_FAULTS = 200
CHANNEL_NAMES = {
    "web": "Trang web", "admin": _("Quản trị"), "api": "API", "task": _("Việc nền"), "command-line": _("Dòng lệnh"),
}  # fmt: skip


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most MAX_COUNTED rows: nobody pages further, they search."""

    @cached_property
    def count(self) -> int:
        """How many rows, MAX_COUNTED when there are more."""
        rows: Any = self.object_list
        return int(rows.order_by()[:MAX_COUNTED].count())


def midnight(day: date) -> datetime:
    """The day's beginning in Hanoi."""
    return timezone.make_aware(datetime(day.year, day.month, day.day))  # noqa: DTZ001 - made aware here


class DayTextFilter(TextFilter):  # type: ignore[misc]
    """A day typed as dd/mm/yyyy; what is no day is said so and finds nothing."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Filter on the day, or as without one."""
        text = self.value()
        if not text:
            return self.without(request, queryset)
        day = read_day(text)
        if day is None:
            messages.error(request, _("Ngày phải viết dạng dd/mm/yyyy, ví dụ 01/07/2025."))
            return queryset.none()
        return self.on(queryset, day)

    def without(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Everything."""
        return queryset

    def on(self, queryset: QuerySet[Any], day: date) -> QuerySet[Any]:
        """Rows the day selects."""
        raise NotImplementedError


class FromFilter(DayTextFilter):
    """First day; without any range the last seven days, unless one resident is asked for."""

    title = _("từ ngày (dd/mm/yyyy)")
    parameter_name = "tu"

    def on(self, queryset: QuerySet[Any], day: date) -> QuerySet[Any]:
        """From that midnight on."""
        return queryset.filter(at__gte=midnight(day))

    def without(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The last days, so that opening the list never reads a year."""
        if request.GET.get("den") or asked(request).patient_id:
            return queryset
        return queryset.filter(at__gte=timezone.now() - timedelta(days=DEFAULT_DAYS))


class UntilFilter(DayTextFilter):
    """Last day."""

    title = _("đến hết ngày (dd/mm/yyyy)")
    parameter_name = "den"

    def on(self, queryset: QuerySet[Any], day: date) -> QuerySet[Any]:
        """Until the day's end."""
        return queryset.filter(at__lt=midnight(day + timedelta(days=1)))


class OutcomeFilter(admin.SimpleListFilter):
    """Done or refused, without asking the table which values it holds."""

    title = _("kết quả")
    parameter_name = "ket-qua"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        """The two values of the column."""
        return [("ok", _("Đã làm")), ("refused", _("Bị từ chối"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows with this outcome."""
        return queryset.filter(outcome=self.value()) if self.value() else queryset


def asked(request: HttpRequest) -> AuditSearch:
    """What the search box says."""
    return AuditSearch(request.GET.get("q", "").strip())


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    """Who did what to whom, from where. Every look into it is a row of its own."""

    list_display = (
        "moment", "actor_label", "shown_role", "facility_code", "shown_action", "shown_outcome", "code", "target",
        "shown_channel",
    )  # fmt: skip
    list_display_links = ("moment",)
    list_filter = (FromFilter, UntilFilter, OutcomeFilter)
    search_fields = ("actor_label",)
    search_help_text = _(
        "Tên đăng nhập, hành động, mã cơ sở; mã hồ sơ (UUID); request:UUID; hoặc Loại:mã, ví dụ Facility:12"
    )
    ordering = ("-at", "-id")
    paginator = CappedPaginator
    sortable_by = ()
    fields = (
        ("at", "id"), ("action", "outcome", "code"), ("actor_kind", "actor_label", "actor_id"), ("role", "permission"),
        ("facility_code", "channel", "purpose"), ("patient_id", "target_type", "target_id"), ("request_id", "xact"),
        "detail",
    )  # fmt: skip

    def get_search_results(self, request: Any, queryset: QuerySet[Any], term: str) -> Any:
        """By one exact thing (see AuditSearch)."""
        search = AuditSearch(term.strip())
        return (queryset.filter(search.condition) if search.text else queryset), False

    def changelist_view(self, request: Any, extra_context: Any = None) -> Any:
        """Looking is written down before anything is shown."""
        if self.has_view_permission(request):
            note_trail_read(request.ctx, search=asked(request))
        return super().changelist_view(request, extra_context)

    def change_view(self, request: Any, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One row, written down as well."""
        if self.has_view_permission(request):
            note_trail_read(request.ctx, search=AuditSearch(), row=object_id[:60])
        return super().change_view(request, object_id, form_url, extra_context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> AuditEvent | None:
        """By its number, which also tells its month."""
        return get_event(object_id)

    @admin.display(description=_("lúc"))
    def moment(self, row: Any) -> str:
        """To the second: what happened first matters here."""
        return f"{timezone.localtime(row.at):%H:%M:%S %d/%m/%Y}"

    @admin.display(description=_("hành động"))
    def shown_action(self, row: Any) -> str:
        """In people's words, where there is one."""
        return action_words(row.action, row.target_type)

    @admin.display(description=_("kênh"))
    def shown_channel(self, row: Any) -> str:
        """Through which face."""
        return str(CHANNEL_NAMES.get(row.channel, row.channel))

    @admin.display(description=_("vai trò"))
    def shown_role(self, row: Any) -> str:
        """The role in people's words."""
        return role_name(row.role)

    @display(description=_("kết quả"), label={"ok": "success", "refused": "danger"})  # type: ignore[untyped-decorator]
    def shown_outcome(self, row: Any) -> tuple[str, Any]:
        """Done or refused, with its colour's key."""
        return row.outcome, _("Đã làm") if row.outcome == "ok" else _("Bị từ chối")

    @admin.display(description=_("đối tượng"))
    def target(self, row: Any) -> str:
        """Type and number of what it was done to; a resident by number only."""
        parts = [f"{row.target_type}:{row.target_id}".strip(":")]
        parts += [_("hồ sơ %(id)s") % {"id": row.patient_id}] if row.patient_id else []
        return " · ".join(part for part in parts if part)


def role_name(role: str) -> str:
    """The name of a role in the reader's language, or what is stored."""
    return in_language(ROLE_NAMES[Role(role)]) if role in set(Role) else role


class CheckForm(forms.Form):
    """How far back to check."""

    span = forms.TypedChoiceField(
        label=_("Phạm vi kiểm tra"),
        choices=[
            ("10", _("10 niêm phong gần nhất")),
            ("100", _("100 niêm phong gần nhất")),
            ("0", _("Tất cả (có thể lâu)")),
        ],
        coerce=int,
        widget=UnfoldAdminSelectWidget,
    )


@admin.register(AuditSeal)
class AuditSealAdmin(ReadOnlyAdmin):
    """The seals, and a button that recomputes them from the rows."""

    list_display = ("number", "sealed_at", "row_count", "from_xact", "to_xact", "short_digest", "key_id")
    ordering = ("-number",)
    sortable_by = ()
    actions_list = ("verify",)

    @admin.display(description=_("giá trị băm"))
    def short_digest(self, row: Any) -> str:
        """Enough of the digest to compare by eye."""
        return f"{row.digest[:16]}…"

    @action(description=_("Kiểm tra niêm phong"), url_path="kiem-tra", permissions=["view"], icon="verified_user")  # type: ignore[untyped-decorator]
    def verify(self, request: Any) -> HttpResponse:
        """Recompute the chosen seals; say what does not add up."""
        form = CheckForm(request.POST or None, initial={"span": 10})
        result: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            result = check_seals(request.ctx, form.cleaned_data["span"])
        return self.page_of_form(request, _("Kiểm tra niêm phong nhật ký"), form, submit_label=_("Kiểm tra"), **result)


def check_seals(ctx: Any, span: int) -> dict[str, Any]:
    """Check the last `span` seals, all of them for 0; the answer for the page."""
    total = AuditSeal.objects.count()
    faults = [fault for fault, _ in zip(find_audit_faults(last=span or None), range(MAX_FAULTS), strict=False)]
    checked = min(span, total) if span else total
    note_trail_check(ctx, seals=checked, faults=len(faults))
    return {"checked": checked, "faults": faults}
