"""The Department of Health's view of screening programmes: each version's rules with their sources, drafts to edit, to try
on the city and to put into force."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from registry.admin.base import CommandAdmin, ReadOnlyAdmin
from registry.kernel import Refused, in_language
from registry.web.display import vi_number
from screening.commands.versions import draft_version, go_live, save_version, try_version
from screening.models import Programme, ProgrammeVersion
from screening.rules.faults import UnusableRulesError
from screening.rules.pathway import Row
from screening.rules.programme import ProgrammeRules
from screening.rules.programme_data import parse_rules


@admin.register(Programme)
class ProgrammeAdmin(ReadOnlyAdmin):
    """Programmes to look at."""

    list_display = ("name", "short_name", "code")
    fields = ("name", "short_name", "code")


@admin.register(ProgrammeVersion)
class ProgrammeVersionAdmin(CommandAdmin):
    """Versions: a live or retired one is frozen by the database, a draft is edited, tried and put into force."""

    list_display = ("programme", "number", "state", "tried_at", "created_at")
    list_filter = ("state", "programme")
    list_select_related = ("programme",)
    fields = (
        ("programme", "number", "state"),
        "note",
        "table",
        "outcome",
        "rules",
        ("created_by", "created_at"),
    )
    actions_detail = ("draft", "attempt", "activate")
    save_command: ClassVar[Callable[..., Any]] = staticmethod(save_version)

    def has_add_permission(self, request: HttpRequest, *_args: Any) -> bool:
        """Never by hand: a draft starts from another version's rules."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Never."""
        return False

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        """A draft's rules and note are written; nothing else is."""
        fixed = ("programme", "number", "state", "table", "outcome", "created_by", "created_at")
        return fixed if obj is not None and obj.state == ProgrammeVersion.State.DRAFT else (*fixed, "rules", "note")

    @admin.display(description=_("Bảng quy tắc và nguồn"))
    def table(self, version: ProgrammeVersion) -> SafeString:
        """Every row with its source, and whether it is in force and confirmed."""
        try:
            rules = parse_rules(version.rules)
        except UnusableRulesError as fault:
            return format_html("{}", in_language(fault.args[0]))
        heads = (
            _now("Quy tắc"),
            _now("Sau"),
            _now("Kết quả"),
            _now("Bước tiếp"),
            _now("Trong"),
            _now("Nguồn"),
            _now("Tình trạng"),
        )
        return _table(heads, (_cells(row, rules) for row in rules.pathway.rows))

    @admin.display(description=_("Chạy thử trên thành phố"))
    def outcome(self, version: ProgrammeVersion) -> SafeString:
        """What the dry run found."""
        found = version.tried
        if not found:
            return format_html("{}", _now("Chưa chạy thử."))
        said = _now(
            "Ngày %(on)s: đủ điều kiện %(then)s người (bản đang dùng: %(now)s); xét lại %(seen)s kết quả của hai năm."
        )
        told = said % {
            "on": found["on"],
            "then": vi_number(found["eligible"]),
            "now": vi_number(found["eligible_now"]),
            "seen": vi_number(found["results"]),
        }
        heads = (_now("Sau"), _now("Kết quả"), _now("Số kết quả"), _now("Bản đang dùng"), _now("Bản này"))
        rows = [
            (one["action"], one["code"], vi_number(one["count"]), one["now"], one["then"]) for one in found["changes"]
        ]
        return format_html("<p>{}</p>{}", told, _table(heads, rows) if rows else _now("Không bước tiếp nào thay đổi."))

    @action(
        description=_("Lập bản nháp từ phiên bản này"), url_path="ban-nhap", permissions=["change"], icon="edit_note"
    )  # type: ignore[untyped-decorator]
    def draft(self, request: Any, object_id: str) -> HttpResponse:
        """A draft with these rules."""
        return self._run(request, object_id, draft_version, _("Đã lập bản nháp."))

    @action(description=_("Chạy thử trên thành phố"), url_path="chay-thu", permissions=["change"], icon="science")  # type: ignore[untyped-decorator]
    def attempt(self, request: Any, object_id: str) -> HttpResponse:
        """What would change."""
        return self._run(request, object_id, try_version, _("Đã chạy thử: xem kết quả bên dưới."))

    @action(
        description=_("Đưa vào dùng"), url_path="dua-vao-dung", permissions=["change"], icon="published_with_changes"
    )  # type: ignore[untyped-decorator]
    def activate(self, request: Any, object_id: str) -> HttpResponse:
        """Into force."""
        return self._run(request, object_id, go_live, _("Đã đưa vào dùng."))

    def _run(self, request: Any, object_id: str, command: Callable[..., ProgrammeVersion], said: Any) -> HttpResponse:
        """Ask first (GET), then run one command and say what came of it."""
        version = self.get_object(request, object_id)
        if version is None:
            return self.missing(request, object_id)
        if request.method != "POST":
            return self.page_of_form(request, str(version), _Confirm(), original=version, submit_label=_("Tiếp tục"))
        try:
            done = command(request.ctx, version_id=version.pk)
        except Refused as refusal:
            if refusal.concerns_access:
                raise
            messages.error(request, in_language(refusal.message))
            return redirect(self.url("change", object_id))
        messages.success(request, said)
        return redirect(self.url("change", done.pk))


class _Confirm(forms.Form):
    """Nothing to fill in: what is asked is yes."""


def _cells(row: Row, rules: ProgrammeRules) -> tuple[str, ...]:
    outcomes = {one.code: one.label for one in rules.pathway.action(row.after).outcomes}
    within = _now("%(n)s ngày") % {"n": row.days} if row.days is not None else ""
    if row.months is not None:
        within = _now("%(n)s tháng") % {"n": row.months}
    states = [_now("đang dùng") if row.active else _now("đang tắt")] + (
        [_now("chưa xác minh")] if row.unverified else []
    )
    return (
        row.rule,
        in_language(rules.pathway.action(row.after).name),
        "; ".join(in_language(outcomes[code]) for code in sorted(row.results)),
        in_language(rules.name_of(row.step)),
        within,
        row.source,
        ", ".join(states),
    )


def _table(heads: Iterable[str], rows: Iterable[tuple[str, ...]]) -> SafeString:
    cells = ((format_html_join("", "<td>{}</td>", ((cell,) for cell in row)),) for row in rows)
    return format_html(
        "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>",
        format_html_join("", '<th scope="col">{}</th>', ((head,) for head in heads)),
        format_html_join("", "<tr>{}</tr>", cells),
    )
