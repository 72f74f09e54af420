"""The Department of Health's desk for duplicates: the queue, two people side by side, merges and their undoing."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from records.commands.candidates import decide_candidate
from records.commands.merging import unmerge
from records.queries.band import SEX_NAMES
from records.queries.merges import MergeStory, find_merges, get_merge
from records.queries.review import Pair, Side, Stated, find_review_queue, get_review_pair
from records.rules.linkage.weighing import signed
from records.rules.matching import Finding
from records.web.forms import DecisionForm, ReasonForm
from records.web.words import CHANNELS, IDENTIFIERS, identifier_lines
from registry.kernel import Refused, in_language
from registry.web.requests import StaffRequest

STATE_NAMES = {
    "open": gettext_lazy("Chờ xem"),
    "later": gettext_lazy("Để sau"),
    "merged": gettext_lazy("Đã gộp"),
    "not-same": gettext_lazy("Không phải một người"),
}
ORIGIN_NAMES = {
    "registration": gettext_lazy("Đăng ký"),
    "import": gettext_lazy("Dữ liệu cũ"),
    "sweep": gettext_lazy("Rà soát hằng đêm"),
}
KIND_NAMES = {
    "Encounter": gettext_lazy("Lượt khám"),
    "Condition": gettext_lazy("Chẩn đoán"),
    "AllergyIntolerance": gettext_lazy("Dị ứng"),
    "Observation": gettext_lazy("Sinh hiệu, kết quả"),
    "Procedure": gettext_lazy("Thủ thuật, nội soi"),
    "MedicationRequest": gettext_lazy("Đơn thuốc"),
    "Immunization": gettext_lazy("Tiêm chủng"),
    "Enrolment": gettext_lazy("Ghi danh tầm soát"),
    "DocumentReference": gettext_lazy("Giấy tờ"),
}
FIELDS = (
    ("name", gettext_lazy("Họ và tên")),
    ("birth", gettext_lazy("Ngày sinh")),
    ("sex", gettext_lazy("Giới tính")),
    ("cccd", gettext_lazy("Số CCCD")),
    ("cmnd", gettext_lazy("Số CMND")),
    ("bhyt", gettext_lazy("Thẻ BHYT")),
    ("facility", gettext_lazy("Mã người bệnh")),
    ("phone", gettext_lazy("Điện thoại")),
    ("ward", gettext_lazy("Phường, xã")),
    ("address", gettext_lazy("Địa chỉ")),
)


@require_GET
def queue(request: StaffRequest) -> HttpResponse:
    """Pairs that wait, the likeliest first; ?trang-thai= and ?nguon= narrow them."""
    state, origin = request.GET.get("trang-thai", "open"), request.GET.get("nguon", "")
    found = find_review_queue(request.ctx, state=state, origin=origin)
    rows = [
        {
            "pair": one,
            "bits": signed(one.bits),
            "reasons": [in_language(reason) for reason in one.reasons[:4]],
            "origin": ORIGIN_NAMES.get(one.found_by, one.found_by),
        }
        for one in found
    ]
    context = {
        "rows": rows,
        "states": [{"key": key, "label": label, "current": key == state} for key, label in STATE_NAMES.items()],
        "origins": [{"key": key, "label": label, "current": key == origin} for key, label in ORIGIN_NAMES.items()],
        "state": state,
        "origin": origin,
    }
    return render(request, "records/review_queue.html", context)


@require_http_methods(["GET", "POST"])
def pair(request: StaffRequest, candidate_id: uuid.UUID) -> HttpResponse:
    """Two people side by side, and the judgement of whether they are one."""
    if request.method == "GET":
        return _pair_page(request, candidate_id, DecisionForm())
    form = DecisionForm(request.POST)
    form.full_clean()
    status = refused(form, lambda: _decide(request, candidate_id, form))
    return _pair_page(request, candidate_id, form, status=status) if status else redirect("records:review_queue")


def _pair_page(
    request: StaffRequest, candidate_id: uuid.UUID, form: DecisionForm, *, status: int = 200
) -> HttpResponse:
    shown = {"form": form, **_shown(get_review_pair(request.ctx, candidate_id))}
    return render(request, "records/review_pair.html", shown, status=status)


def refused(form: ReasonForm, work: Callable[[], object]) -> int:
    """Run a command; 0, or the status of its refusal, whose words stand at the form's fields from now on."""
    try:
        work()
    except Refused as refusal:
        if refusal.concerns_access:
            raise
        form.errors.clear()  # the command says it in the words of the rule
        form.take(refusal)
        return int(refusal.kind)
    return 0


def _decide(request: StaffRequest, candidate_id: uuid.UUID, form: DecisionForm) -> None:
    decision = request.POST.get("decision", "")
    merge = decide_candidate(
        request.ctx,
        candidate_id=candidate_id,
        decision=decision,
        reason=request.POST.get("reason", ""),
        keep=form.cleaned_data.get("keep"),
    )
    if merge:
        messages.success(request, _("Đã gộp. Tách lại được bất cứ lúc nào ở “Hồ sơ đã gộp”."))
    else:
        messages.success(request, _("Đã ghi kết luận."))


@require_GET
def merges(request: StaffRequest) -> HttpResponse:
    """The latest merges, undone ones too."""
    return render(request, "records/merges.html", {"found": find_merges(request.ctx)})


@require_http_methods(["GET", "POST"])
def merge(request: StaffRequest, merge_id: uuid.UUID) -> HttpResponse:
    """One merge: what was written since, and taking it back."""
    if request.method == "GET":
        return _merge_page(request, merge_id, ReasonForm())
    form = ReasonForm(request.POST)
    reason = request.POST.get("reason", "")
    status = refused(form, lambda: unmerge(request.ctx, merge_id=merge_id, reason=reason))
    if status:
        return _merge_page(request, merge_id, form, status=status)
    messages.success(request, _("Đã tách. Mỗi bản khai đã về đúng người."))
    return redirect("records:merges")


def _merge_page(request: StaffRequest, merge_id: uuid.UUID, form: ReasonForm, *, status: int = 200) -> HttpResponse:
    story = get_merge(request.ctx, merge_id)
    context = {"story": story, "form": form, "meanwhile": _meanwhile(story)}
    return render(request, "records/merge.html", context, status=status)


def _meanwhile(story: MergeStory) -> list[dict[str, Any]]:
    names = {"keep": story.line.keep_name, "other": story.line.other_name}
    return [
        {"line": one, "kind": KIND_NAMES.get(one.kind, one.kind), "goes_to": names[one.side]} for one in story.meanwhile
    ]


def _shown(found: Pair) -> dict[str, Any]:
    weighed = {one.field: one for one in found.match.findings} if found.match else {}
    first, second = found.sides
    lines = [_line(key, label, first, second, weighed.get(key)) for key, label in FIELDS]
    twins = weighed.get("twins")
    return {
        "pair": found,
        "first": first,
        "second": second,
        "lines": [line for line in lines if line["first"] or line["second"]],
        "twins": in_language(twins.reason) if twins else "",
        "bits": signed(found.match.bits) if found.match else "",
        "model": found.match.model if found.match else "",
        "statements": [_statement(one, first.id) for one in found.statements],
        "decided": found.state in {"merged", "not-same"},
        "state_name": STATE_NAMES.get(found.state, ""),
        "origin": ORIGIN_NAMES.get(found.found_by, ""),
        "decisions": [
            {"one": one, "name": STATE_NAMES.get(_STATE_OF.get(one.decision, ""), "")} for one in found.decisions
        ],
    }


_STATE_OF = {"merge": "merged", "not-same": "not-same", "later": "later"}


def _line(key: str, label: Any, first: Side, second: Side, finding: Finding | None) -> dict[str, Any]:
    one, other = _value(first, key), _value(second, key)
    return {
        "label": label,
        "first": one,
        "second": other,
        "differs": bool(one and other and one != other),
        "reason": in_language(finding.reason) if finding else "",
        "bits": signed(finding.bits) if finding and one and other else "",
        "code": key in IDENTIFIERS or key == "phone",
    }


def _value(side: Side, key: str) -> str:
    if key in IDENTIFIERS:
        return ", ".join(side.numbers.get(key, ()))
    if key == "birth":
        return side.birth.display
    return str(in_language(SEX_NAMES.get(side.sex, side.sex)) if key == "sex" else getattr(side, key))


def _statement(one: Stated, first: uuid.UUID) -> dict[str, Any]:
    return {
        "of": 1 if one.patient_id == first else 2,
        "at": one.at,
        "facility": one.facility,
        "how": CHANNELS.get(one.channel, one.channel),
        "name": one.name,
        "birth": one.birth.display,
        "sex": SEX_NAMES.get(one.sex, one.sex),
        "phone": one.phone,
        "place": ", ".join(filter(None, (one.address, one.ward))),
        "identifiers": identifier_lines(one.identifiers),
    }
