"""What templates need to speak the house's visual language: formats, icons, fields and block components.

`{% load ui %}` first (settings make it a builtin). Components without logic are includes of `templates/components/`;
`/giao-dien/` shows every one of them. Block components hold what stands between their tags:

    {% panel title=_("Hàng chờ") icon="queue" count=19 %}…{% endpanel %}
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any

import segno
from django import forms, template
from django.conf import settings
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm, BoundField
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from hanoi_ehr.demo.facilities import ACCOUNTS
from registry.kernel import in_language as said
from registry.rules.permissions import ROLE_NAMES
from registry.web import charts, display
from registry.web.display import Number

register = template.Library()

register.filter("code_groups", display.code_groups)
register.filter("initials", display.initials)


# ---------- formats ----------


@register.filter
def vi_number(value: Number | str | None, places: int | None = None) -> str:
    """`{{ 1986420|vi_number }}` 1.986.420; `{{ 38.64|vi_number:1 }}` 38,6; `{{ None|vi_number }}` –."""
    return display.vi_number(value, places)


@register.filter
def vi_percent(part: Number, whole: Number) -> str:
    """`{{ 371|vi_percent:571 }}` 65,0 %."""
    return display.vi_percent(part, whole)


def _local(value: date | datetime | None) -> date | None:
    """Turn a moment into the day it is in Hanoi."""
    if isinstance(value, datetime):
        return timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value


@register.filter
def vi_date(value: date | datetime | None) -> str:
    """`{{ visit.start|vi_date }}` 26/08/2026, in Hanoi's time."""
    return display.vi_date(_local(value))


@register.filter
def vi_time(value: datetime | None) -> str:
    """`{{ visit.start|vi_time }}` 08:31, in Hanoi's time."""
    return timezone.localtime(value).strftime("%H:%M") if value else display.NOTHING


@register.filter
def vi_datetime(value: datetime | None) -> str:
    """`{{ event.at|vi_datetime }}` 26/08/2026 08:31."""
    return f"{vi_date(value)} {vi_time(value)}" if value else display.NOTHING


@register.filter
def vi_partial_date(value: date | None, precision: str = "day") -> str:
    """`{{ birth|vi_partial_date:"year" }}` 1972; precision is day, month or year."""
    return display.vi_date(_local(value), precision or "day")


@register.filter
def age_text(birth: date | None, precision: str = "day") -> str:
    """`{{ birth|age_text }}` 54 tuổi, 20 tháng tuổi, 12 ngày tuổi."""
    return display.age_text(birth, timezone.localdate(), precision or "day")


@register.filter
def ago(value: date | datetime | None) -> str:
    """`{{ visit.start|ago }}` hôm nay, 90 ngày trước, còn 2 ngày."""
    return display.ago(_local(value), timezone.localdate())


@register.filter
def in_language(value: Any) -> Any:
    """`{{ text|in_language }}`: a word of the rules in the reader's language. Never for what people wrote or are called.

    Unlike {% translate %} it takes numbers and nothing, and a % is a %.
    """
    return said(value)


@register.filter
def undo_url(message: Message) -> str:
    """Read the address that undoes what a message reports: `messages.success(r, "…", extra_tags="undo=/x/")`."""
    tags = (message.extra_tags or "").split()
    return next((tag.removeprefix("undo=") for tag in tags if tag.startswith("undo=/")), "")


# ---------- demonstration ----------


@register.simple_tag
def demo_accounts() -> list[dict[str, str]]:
    """`{% demo_accounts as accounts %}`: who may sign in to a demonstration; nobody when this is none."""
    if not settings.EHR_DEMO:
        return []
    return [{"username": account.username, "role": said(ROLE_NAMES[account.role])} for account in ACCOUNTS]


# ---------- icons ----------


@register.simple_tag
@lru_cache(maxsize=512)  # a page draws twenty, the sprite has a few dozen
def icon(name: str, size: str = "") -> SafeString:
    """`{% icon "search" %}` or `{% icon "search" "sm" %}`: decoration only, so it is hidden from screen readers."""
    return format_html(
        '<svg class="icon{}" aria-hidden="true"><use href="{}#{}"/></svg>',
        f" {size}" * bool(size),
        static("icons.svg"),
        name,
    )


@register.simple_tag
def qr(text: str, label: str) -> SafeString:
    """`{% qr ticket.code _("Mã QR của phiếu") %}`: a QR code as inline SVG, error correction M."""
    drawing = segno.make(text, error="m", micro=False).svg_inline(omitsize=True, svgclass="qr-code", title=label)
    return mark_safe(drawing)  # noqa: S308  # segno escapes the title and writes only paths


# ---------- forms ----------


def _described_by(bound: BoundField, hint: str) -> str:
    ids = [f"{bound.auto_id}_loi"] * bool(bound.errors) + [f"{bound.auto_id}_goi-y"] * bool(hint)
    return " ".join(ids)


def _kind(bound: BoundField) -> str:
    widget = bound.field.widget
    if isinstance(widget, forms.RadioSelect | forms.CheckboxSelectMultiple):
        return "choices"
    return "check" if isinstance(widget, forms.CheckboxInput) else "control"


def _control(bound: BoundField, hint: str, placeholder: str) -> SafeString:
    attrs: dict[str, Any] = {}
    if _kind(bound) == "control":
        attrs["class"] = f"{bound.field.widget.attrs.get('class', '')} input".strip()
    if described := _described_by(bound, hint):
        attrs["aria-describedby"] = described
    if placeholder:
        attrs["placeholder"] = placeholder
    return bound.as_widget(attrs=attrs)


@register.inclusion_tag("components/field.html")
def field(
    bound: BoundField, width: str = "", icon: str = "", unit: str = "", hint: str | None = "", **more: Any
) -> dict[str, Any]:
    """`{% field form.name width="w3" icon="calendar" unit="kg" hint="…" placeholder="…" segment=True %}`.

    Label above, error between label and control, hint below; optional is marked, required is not. `segment` shows radio
    buttons as one joined control; `hint=None` drops the form's own help text; `optional=False` hides the mark on a
    field that other rules make necessary.
    """
    hint = "" if hint is None else hint or str(bound.help_text or "")
    return {
        "field": bound,
        "kind": _kind(bound),
        "control": _control(bound, hint, str(more.get("placeholder", ""))),
        "width": width,
        "icon_name": icon,
        "unit": unit,
        "hint": hint,
        "label": more.get("label") or bound.label,
        "optional": more.get("optional", not bound.field.required),
        "segment": more.get("segment", False),
        "shortcut": bound.field.widget.attrs.get("data-key", "").replace("+", " "),
        "described_by": _described_by(bound, hint),
    }


def _lines(form: BaseForm) -> list[dict[str, str]]:
    lines = [{"text": str(error), "target": ""} for error in form.non_field_errors()]
    for bound in form:
        target = bound.id_for_label or bound.auto_id
        lines += [{"text": f"{bound.label}: {error}", "target": target} for error in bound.errors]
    return lines


@register.inclusion_tag("components/error_summary.html")
def error_summary(*bound_forms: BaseForm, title: str = "") -> dict[str, Any]:
    """`{% error_summary form %}`: every error of one or more forms, focused, each line linking to its field."""
    return {"lines": [line for form in bound_forms if form and form.is_bound for line in _lines(form)], "title": title}


# ---------- charts and clocks ----------


@register.inclusion_tag("components/clock.html")
def clock(due: date | datetime, opened: date | datetime | None = None) -> dict[str, Any]:
    """`{% clock step.due step.opened %}`: the failsafe ring and its words."""
    today = timezone.localdate()
    due_day = _local(due) or today
    return {"ring": charts.clock_ring(_local(opened) or today, due_day, today), "days_late": (today - due_day).days}


@register.inclusion_tag("components/chart_split.html")
def split_chart(title: str, rows: Any) -> dict[str, Any]:
    """`{% split_chart _("Đối soát") rows %}`: rows are (label, total, [(kind, label, count), …])."""
    return {"chart": charts.split_bars(title, rows)}


def _drawn(value: Number) -> int | float:
    """A whole number stays whole, so that 90 is not labelled 90,0."""
    return int(value) if value == int(value) else float(value)


@register.inclusion_tag("components/chart_line.html")
def line_chart(
    title: str, unit: str, points: Iterable[tuple[date, Number]], low: Number | None = None, high: Number | None = None
) -> dict[str, Any]:
    """`{% line_chart course.label course.unit course.points course.low course.high %}`: points are (day, value)."""
    readings = [charts.Reading(day, _drawn(value)) for day, value in points]
    bounds = [None if bound is None else _drawn(bound) for bound in (low, high)]
    return {"chart": charts.line_chart(said(title), said(unit), readings, *bounds)}


@register.simple_tag
def line_dots(chart: charts.LineChart) -> SafeString:
    """The readings of a line chart. Joined, not looped over in the template: a page may hold hundreds of them."""
    dot = '<circle class="dot {}" cx="{}" cy="{}" r="3"><title>{}</title></circle>'
    return format_html_join("", dot, ((one.state, one.x, one.y, one.label) for one in chart.dots))


@register.simple_tag
def line_rows(chart: charts.LineChart) -> SafeString:
    """The table behind a line chart."""
    row = '<tr><th scope="row">{}</th><td class="num{}">{}</td></tr>'
    return format_html_join("", row, ((day, " off" if off else "", value) for day, value, off in chart.rows))


@register.simple_tag
def ward_circles(chart: charts.WardMap) -> SafeString:
    """The circles of a map of wards, joined: there are 126 of them."""
    circle = '<circle class="ward {}" cx="{}" cy="{}" r="{}"><title>{}</title></circle>'
    kinds = {0: "ghost"} | {shade: f"q{shade}" for shade in range(1, 6)}
    return format_html_join(
        "", circle, ((kinds[one.shade], one.x, one.y, one.radius, one.label) for one in chart.circles)
    )


@register.inclusion_tag("components/progress.html")
def progress(value: int, maximum: int, label: str, **more: Any) -> dict[str, Any]:
    """`{% progress job.done job.total _("Nạp dữ liệu") counts="…" eta="…" poll=job_url %}`.

    `poll` is an address that answers with this same component; it is asked every second until `value` reaches
    `maximum`. An unknown maximum (0) shows movement without a number.
    """
    return {"value": value, "maximum": maximum, "label": label, "finished": bool(maximum) and value >= maximum} | more


# ---------- block components ----------


@register.simple_block_tag
def panel(content: str, title: str = "", **options: Any) -> SafeString:
    """The only box. Options: id, icon, count, note, pad (wrap in .body), action_url, action_label, action_icon."""
    return render_to_string("components/panel.html", {"content": content, "title": title} | options)


@register.simple_block_tag
def alert(content: str, kind: str = "info", title: str = "", **options: Any) -> SafeString:
    """A message that stays: kind is danger, warning, success or info. Options: role, action_url, action_label."""
    return render_to_string("components/alert.html", {"content": content, "kind": kind, "title": title} | options)


@register.simple_block_tag
def table(content: str, label: str, **options: Any) -> SafeString:
    """A table in its scrolling wrap; `label` is its caption, read aloud. Options: wide, stacked, mid, tall, id."""
    return render_to_string("components/table.html", {"content": content, "label": label} | options)


@register.simple_block_tag
def dialog(content: str, id: str, title: str) -> SafeString:  # noqa: A002 - its name in templates
    """A dialog opened by `<button data-dialog="ID">`; its own `<form>` holds what it asks and its footer."""
    return render_to_string("components/dialog.html", {"content": content, "id": id, "title": title})
