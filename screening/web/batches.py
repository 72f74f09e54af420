"""Call and recall in the browser: the batches, planning a week, one batch with what is to be done."""

from __future__ import annotations

import csv
import io
import uuid
from collections.abc import Callable
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from registry.kernel import Permission, in_language
from registry.web.display import vi_date, vi_number
from registry.web.forms import CommandForm
from registry.web.guards import needs
from registry.web.paper import pdf_answer, qr_svg
from registry.web.requests import StaffRequest
from screening.commands.calling import plan_batch, start_city_plan
from screening.commands.invitations import answer_invitation
from screening.commands.sending import mark_letters_sent, retry_failed, withdraw_batch
from screening.queries.batches import (
    CODE,
    BatchList,
    BatchPage,
    InvitedPerson,
    Tab,
    batch_of,
    find_by_letter,
    get_batch,
    get_letters,
    get_phone_list,
    list_batches,
)
from screening.queries.calling import Preview, preview_batch
from screening.queries.choices import CHANNELS
from screening.queries.scope import live_programmes
from screening.rules.calling import LEFT_OUT_NAMES, LeftOut
from screening.web.batch_forms import AnswerForm, PlanForm, first_plan

TABS = {
    Tab.CALL: gettext_lazy("Gọi, đến nhà"),
    Tab.UNSENT: gettext_lazy("Chưa gửi"),
    Tab.WAITING: gettext_lazy("Chờ trả lời"),
    Tab.COMING: gettext_lazy("Sẽ đến, xin hoãn"),
    Tab.CAME: gettext_lazy("Đã đến"),
    Tab.ENDED: gettext_lazy("Đã xong"),
}
LIMITS = {
    "laboratory": gettext_lazy("Số người mời bị giới hạn bởi chỗ xét nghiệm."),
    "endoscopy": gettext_lazy("Số người mời bị giới hạn bởi chỗ khám chẩn đoán."),
    "": gettext_lazy("Tuần này đủ chỗ cho mọi người đến hạn."),
}


@require_GET
def batches(request: StaffRequest) -> HttpResponse:
    """The latest batches; for the Department also the plan of a week for the whole city."""
    return _list_page(request)


def _list_page(request: StaffRequest, refused: CommandForm | None = None) -> HttpResponse:
    found = list_batches(request.ctx)
    context = {
        "found": found,
        "form": refused if isinstance(refused, PlanForm) else _first_form(found),
        "refused": refused,
        "may_plan": request.ctx.may(Permission.SCREENING_ENROL) and not found.whole_city,
        "may_oversee": found.whole_city,
    }
    return render(request, "screening/batches.html", context, status=422 if refused else 200)


def _first_form(found: BatchList) -> PlanForm:
    last = found.lines[0] if found.lines else None
    return PlanForm(initial=first_plan(found.today, last), programmes=found.programmes)


def _programmes() -> list[tuple[str, str]]:
    return [(one.programme.code, one.programme.short_name) for one in live_programmes()]


@require_http_methods(["GET", "POST"])
@needs(Permission.SCREENING_ENROL)
def plan(request: StaffRequest) -> HttpResponse:
    """What a batch would be: ?programme=, week=, laboratory=, endoscopy= (GET); plan it (POST)."""
    form = PlanForm(request.POST if request.method == "POST" else request.GET, programmes=_programmes())
    if not form.is_valid():
        return render(request, "screening/plan.html", {"form": form}, status=422)
    if request.method == "POST":
        batch = form.run(lambda: plan_batch(request.ctx, **form.asked()))
        if batch is not None:
            messages.success(request, _("Đã lập đợt mời. Tin nhắn tự gửi từ thứ hai; thư in ở đây."))
            return redirect("screening:batch", batch.pk)
        return render(request, "screening/plan.html", {"form": form}, status=422)
    found = form.run(lambda: preview_batch(request.ctx, **form.asked()))
    context = {"form": form, "found": found, **(_preview(found) if found else {})}
    return render(request, "screening/plan.html", context)


def _preview(found: Preview) -> dict[str, Any]:
    plan, count = found.plan, found.count
    stats = [
        {
            "label": _("Đến hạn"),
            "value": vi_number(count.due),
            "note": _("%(recall)s mời lại, %(new)s mời lần đầu")
            % {"recall": vi_number(count.recall), "new": vi_number(count.new)},
        },
        {"label": _("Mời tuần này"), "value": vi_number(plan.size), "note": str(LIMITS[plan.limit])},
        {
            "label": _("Dự kiến xét nghiệm"),
            "value": vi_number(plan.tests, 0),
            "note": _("%(taken)s từ lời mời trước còn chờ") % {"taken": vi_number(found.estimates.taken, 0)},
        },
        {"label": _("Dự kiến dương tính"), "value": vi_number(plan.positives, 1), "note": ""},
    ]
    return {
        "stats": stats,
        "left_out": [(in_language(LEFT_OUT_NAMES[LeftOut(why)]), number) for why, number in count.left_out.items()],
        "estimates": [
            (_("Tỉ lệ đến"), _percent(found.estimates.attendance.value), found.estimates.attendance),
            (_("Tỉ lệ dương tính"), _percent(found.estimates.positivity.value), found.estimates.positivity),
        ],
    }


def _percent(value: Decimal) -> str:
    return f"{vi_number(value * 100, 1)} %"


@require_POST
@needs(Permission.SCREENING_OVERSEE)
def plan_city(request: StaffRequest) -> HttpResponse:
    """Plan a week for every ward that has a health station."""
    form = PlanForm(request.POST, programmes=_programmes())
    if form.is_valid() and form.run(lambda: start_city_plan(request.ctx, **form.asked())) is not None:
        messages.success(request, _("Đang lập đợt mời cho toàn thành phố. Tiến độ hiện ở trang này."))
        return redirect("screening:batches")
    return _list_page(request, form)


@require_GET
def batch(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """One batch: ?loc= a Tab, ?sau= the last row seen."""
    return _batch_page(request, batch_id)


def _batch_page(
    request: StaffRequest, batch_id: uuid.UUID, refused: tuple[uuid.UUID, AnswerForm] | None = None
) -> HttpResponse:
    asked = request.GET if request.method == "GET" else request.POST
    page = get_batch(request.ctx, batch_id, tab=_tab(asked.get("loc", "")), after=_uuid(asked.get("sau", "")))
    context = {
        "page": page,
        "tabs": _tabs(page),
        "stats": _batch_stats(page),
        "lines": [_line(one, refused) for one in page.people],
        "refused": refused[1] if refused else None,
        "may_answer": request.ctx.may(Permission.SCREENING_ENROL) and not page.whole_city,
        "next_url": _address(page, page.tab, page.next_after) if page.next_after else "",
        "first_url": _address(page, page.tab) if asked.get("sau") else "",
    }
    return render(request, "screening/batch.html", context, status=422 if refused else 200)


def _tab(text: str) -> Tab | None:
    return next((one for one in Tab if one.value == text), None)


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if text else None
    except ValueError:
        return None


def _address(page: BatchPage, tab: Tab, after: uuid.UUID | None = None) -> str:
    named = {"loc": tab.value} | ({"sau": str(after)} if after else {})
    return f"{reverse('screening:batch', args=[page.batch.pk])}?{urlencode(named)}"


def _tabs(page: BatchPage) -> list[dict[str, Any]]:
    return [
        {
            "label": in_language(name),
            "url": _address(page, tab),
            "count": page.counts[tab],
            "current": tab is page.tab,
            "count_danger": tab is Tab.CALL and page.failed_messages > 0,
        }
        for tab, name in TABS.items()
    ]


def _batch_stats(page: BatchPage) -> list[dict[str, Any]]:
    inputs = page.batch.inputs
    everybody = sum(page.counts.values())
    came = page.counts[Tab.CAME]
    ways = ", ".join(
        f"{in_language(CHANNELS[channel])} {vi_number(number)}" for channel, number in page.channels.items() if number
    )
    return [
        {"label": _("Được mời"), "value": vi_number(everybody), "note": ways},
        {
            "label": _("Đã đến"),
            "value": vi_number(came),
            "note": _("dự kiến %(n)s") % {"n": vi_number(Decimal(inputs.get("expected", "0")), 0)},
        },
        {"label": _("Chờ trả lời"), "value": vi_number(page.counts[Tab.WAITING]), "note": ""},
        {
            "label": _("Cần gọi, đến nhà"),
            "value": vi_number(page.counts[Tab.CALL]),
            "note": _("%(n)s tin nhắn không đi được") % {"n": vi_number(page.failed_messages)}
            if page.failed_messages
            else "",
        },
    ]


def _line(one: InvitedPerson, refused: tuple[uuid.UUID, AnswerForm] | None) -> dict[str, Any]:
    bound = refused[1] if refused and refused[0] == one.id else None
    return {
        "one": one,
        "state": in_language(one.standing),
        "kind": {"failed": "warning", "responded": "success"}.get(one.state, ""),
        "channel": in_language(CHANNELS[one.channel]),
        "form": bound or AnswerForm(prefix=one.id.hex[-8:]),
        "open": bound is not None,
    }


@require_POST
@needs(Permission.SCREENING_ENROL)
def answer(request: StaffRequest, invitation_id: uuid.UUID) -> HttpResponse:
    """What an invited person said. Comes from the batch's page or from the person's own."""
    batch_id = batch_of(request.ctx, invitation_id)
    form = AnswerForm(request.POST, prefix=request.POST.get("prefix") or None)
    done = (
        form.run(lambda: answer_invitation(request.ctx, invitation_id=invitation_id, **form.said))
        if form.is_valid()
        else None
    )
    if done is None:
        return _batch_page(request, batch_id, (invitation_id, form))
    messages.success(request, _("Đã ghi trả lời."))
    if request.POST.get("ve") == "nguoi":
        return redirect("screening:enrolment", done.episode.enrolment_id)
    tab = _tab(request.POST.get("loc", ""))
    return redirect(reverse("screening:batch", args=[batch_id]) + (f"?loc={tab.value}" if tab else ""))


@require_POST
@needs(Permission.SCREENING_ENROL)
def letters_sent(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The printed letters have gone out."""
    return _on_all(
        request, batch_id, lambda: mark_letters_sent(request.ctx, batch_id=batch_id),
        lambda n: ngettext("Đã ghi %(n)s thư là đã gửi.", "Đã ghi %(n)s thư là đã gửi.", n),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ENROL)
def try_again(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The messages that did not go out are tried again."""
    return _on_all(
        request, batch_id, lambda: retry_failed(request.ctx, batch_id=batch_id),
        lambda n: ngettext("Sẽ gửi lại %(n)s tin nhắn.", "Sẽ gửi lại %(n)s tin nhắn.", n),
    )  # fmt: skip


@require_POST
@needs(Permission.SCREENING_ENROL)
def withdraw(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Whatever has not gone out is taken back."""
    return _on_all(
        request, batch_id, lambda: withdraw_batch(request.ctx, batch_id=batch_id),
        lambda n: ngettext("Đã rút %(n)s lời mời chưa gửi.", "Đã rút %(n)s lời mời chưa gửi.", n),
    )  # fmt: skip


def _on_all(
    request: StaffRequest, batch_id: uuid.UUID, command: Callable[[], int], told: Callable[[int], str]
) -> HttpResponse:
    form = CommandForm(request.POST)
    done = form.run(command)
    if done is None:
        messages.error(request, " ".join(str(one) for one in form.non_field_errors()))
    else:
        messages.success(request, told(done) % {"n": vi_number(done)})
    return redirect("screening:batch", batch_id)


@require_GET
@needs(Permission.SCREENING_READ)
def scan(request: StaffRequest) -> HttpResponse:
    """?ma= what the scanner read from a letter: the person's page."""
    form = CommandForm(request.GET)
    found = form.run(lambda: find_by_letter(request.ctx, request.GET.get("ma", "")[:80]))
    return redirect("screening:enrolment", found) if found else _list_page(request, refused=form)


@require_GET
@needs(Permission.SCREENING_ENROL)
def letters(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """The letters still to be printed, as one PDF, a page each: ?sau= the last of the file before."""
    found = get_letters(request.ctx, batch_id, after=_uuid(request.GET.get("sau", "")))
    facility, rules = found.batch.facility, _rules_of(found.batch.programme.code)
    data = {
        "facility": facility.name,
        "address": facility.address,
        "title": "Thư mời tầm soát",
        "day": vi_date(timezone.localdate(request.ctx.at)),
        "programme": found.batch.programme.name,
        "test": rules.test_name,
        "advice": rules.advice.value,
        "letters": [
            {"name": one.name, "address": one.address, "ward": one.ward, "qr": qr_svg(f"{CODE}{one.id.hex.upper()}"),
             "again": one.number > 1}
            for one in found.people
        ],
    }  # fmt: skip
    return pdf_answer("invitation_letters", data, at=request.ctx.at, filename=f"thu-moi-{found.batch.week:%Y%m%d}.pdf")


def _rules_of(programme: str) -> Any:
    return next(one.rules for one in live_programmes() if one.programme.code == programme)


@require_GET
@needs(Permission.SCREENING_ENROL)
def phone_list(request: StaffRequest, batch_id: uuid.UUID) -> HttpResponse:
    """Whom the ward calls or visits, as CSV that spreadsheets open."""
    found, people = get_phone_list(request.ctx, batch_id)
    file = io.StringIO(newline="")
    writer = csv.writer(file)
    writer.writerow([_("Họ và tên"), _("Năm sinh"), _("Điện thoại"), _("Địa chỉ"), _("Phường, xã"), _("Ghi chú")])
    writer.writerows([one.name, one.birth_year, one.phone, one.address, one.ward, one.note] for one in people)
    answer = HttpResponse(file.getvalue().encode("utf-8-sig"), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="goi-moi-{found.week:%Y%m%d}.csv"'
    return answer
