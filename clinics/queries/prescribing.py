"""The prescriber's page: the draft with its checks, the person's facts, and what can be taken up again."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Q

from clinics.models import PrescribingSet, Prescription, PrescriptionDraft, PrescriptionLine, Visit
from clinics.queries.formulary import DrugFound, drugs_of
from clinics.queries.safety import Answers, SetInForce, facts_of, set_on
from clinics.queries.scope import facility_of, today_of, visit_here
from clinics.rules.drafts import DraftLine, Written
from clinics.rules.formulary import Kind
from clinics.rules.prescriptions import PRESCRIBING_STATES, Dosing, dose_words, dosing_faults
from clinics.rules.safety import Finding, Line, PersonFacts, check, unmet
from clinics.rules.safety.combinations import continued
from clinics.rules.safety.renal import egfr
from clinics.rules.states import VisitState
from records.models import Condition
from records.queries.access import RecordAccess, look_through_door, within_reading_limit
from records.queries.band import Band, get_band
from records.queries.restricted import visible_rows
from registry.kernel import Context, Permission, query, record_audit
from registry.rules.invalid import Invalid

MOST_SETS = 20
MOST_SIGNED = 20


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line as the page shows it. drug None: no longer in the formulary of today. faults: what was typed wrong."""

    index: int
    code: str
    drug: DrugFound | None
    dosing: Dosing
    words: str
    continues: uuid.UUID | None
    findings: tuple[Finding, ...]
    faults: tuple[Invalid, ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """A prescription of this visit as a list shows it. ended: the end's words, empty while it stands."""

    id: uuid.UUID
    code: str
    kind: str
    at: datetime
    by: str
    lines: int
    ended: str


@dataclass(frozen=True, slots=True)
class Again:
    """Lines that can be taken up: a favourite, a set, or the last prescription (id None)."""

    id: uuid.UUID | None
    name: str
    names: tuple[str, ...]
    own: bool = True
    on: date | None = None
    facility: str = ""


@dataclass(frozen=True, slots=True)
class Judged:
    """Lines with their checks. general: findings of no line; stopped: what keeps it from being signed."""

    lines: tuple[SheetLine, ...]
    general: tuple[Finding, ...]
    findings: tuple[Finding, ...]
    stopped: tuple[Finding, ...]
    facts: PersonFacts
    checked_with: SetInForce
    continued: frozenset[uuid.UUID]

    @property
    def filtered(self) -> Decimal | None:
        """eGFR, ml/min/1.73 m²."""
        return egfr(self.facts)


@dataclass(frozen=True, slots=True)
class Sheet:
    """The whole page. version 0 and draft_id None: nothing is kept yet."""

    visit: Visit
    band: Band
    draft_id: uuid.UUID | None
    version: int
    written: Written
    judged: Judged
    replacing: str
    diagnoses: tuple[str, ...]
    signed: tuple[Signed, ...]
    last: Again | None
    favourites: tuple[Again, ...]
    may_sign: bool


@query(Permission.PRESCRIPTION_SIGN)
def get_sheet(ctx: Context, visit_id: uuid.UUID, typed: Written | None = None) -> Sheet:
    """The page with the kept draft, or with what was typed and refused. One audit row."""
    visit = visit_here(ctx, visit_id)
    access = within_reading_limit(look_through_door(ctx, visit.encounter.patient_id))
    draft = open_draft(visit)
    sheet = sheet_of(ctx, access, visit, draft, typed)
    record_audit(
        ctx, "read", patient_id=access.patient_id, target=("Prescription", visit.pk), detail=access.audit_detail
    )
    return sheet


def open_draft(visit: Visit) -> PrescriptionDraft | None:
    """The visit's draft that nobody has signed yet."""
    return PrescriptionDraft.objects.select_related("replaces").filter(visit=visit, signed_at=None).first()


def sheet_of(
    ctx: Context, access: RecordAccess, visit: Visit, draft: PrescriptionDraft | None, typed: Written | None = None
) -> Sheet:
    """The page's content for whoever audits by itself (commands answer with it, too)."""
    written = typed or written_of(draft)
    diagnoses, chronic = diagnosed(access, visit)
    judged = judge(ctx, access, written, chronic=chronic, without=replaced_rows(draft))
    return Sheet(
        visit=visit,
        band=get_band(access),
        draft_id=draft.pk if draft else None,
        version=draft.version if draft else 0,
        written=written,
        judged=judged,
        replacing=draft.replaces.code if draft and draft.replaces else "",
        diagnoses=diagnoses,
        signed=_signed(visit),
        last=_last(ctx, access, visit),
        favourites=_favourites(ctx),
        may_sign=VisitState(visit.state) in PRESCRIBING_STATES,
    )


def written_of(draft: PrescriptionDraft | None) -> Written:
    """What a draft keeps."""
    if draft is None:
        return Written()
    lines = tuple(DraftLine.from_json(one) for one in draft.lines)
    return Written(lines, draft.reasons, draft.advice, draft.pregnant, draft.lactating)


def judge(
    ctx: Context, access: RecordAccess, written: Written, *, chronic: bool, without: frozenset[uuid.UUID] = frozenset()
) -> Judged:
    """Check what is written. without: medicines of the record that the prescription being replaced has written."""
    today = today_of(ctx)
    facts = facts_of(access, today, Answers(written.pregnant, written.lactating), without)
    in_force = set_on(today)
    drugs = drugs_of(facility_of(ctx).id, [one.code for one in written.lines], today)
    told = [_line(one, drugs.get(one.code)) for one in written.lines]
    findings = check(told, facts, in_force.knowledge)
    lines = tuple(
        _sheet_line(index, one, drugs.get(one.code), findings, chronic=chronic)
        for index, one in enumerate(written.lines)
    )
    general = tuple(one for one in findings if one.line is None)
    stopped = tuple(unmet(findings, written.reasons or {}))
    knowledge = in_force.knowledge
    gone_on = continued(told, facts, knowledge) if knowledge else frozenset()
    return Judged(lines, general, findings, stopped, facts, in_force, gone_on)


def replaced_rows(draft: PrescriptionDraft | None) -> frozenset[uuid.UUID]:
    """The record's medicines of the prescription that a draft replaces."""
    if draft is None or draft.replaces_id is None:
        return frozenset()
    rows = PrescriptionLine.objects.filter(prescription_id=draft.replaces_id)
    return frozenset(rows.values_list("medication_id", flat=True))


def diagnosed(access: RecordAccess, visit: Visit) -> tuple[tuple[str, ...], bool]:
    """The visit's diagnoses, main one first, as printed; and whether one of them is chronic."""
    rows = Condition.objects.filter(encounter=visit.encounter, superseded_by=None).order_by("role", "code")
    told = list(visible_rows(access, rows).values_list("code", "display", "chronic"))
    return tuple(f"{code} {display}" for code, display, _ in told), any(chronic for _, _, chronic in told)


def _line(one: DraftLine, drug: DrugFound | None) -> Line:
    if drug is None:
        return Line(one.code, (), one.dosing.slots, one.dosing.days, continues=one.continues)
    slots, days, route = one.dosing.slots, one.dosing.days, drug.route
    return Line(drug.name, drug.parts, slots, days, route.code, route.systemic, drug.kind, one.continues)


def _sheet_line(
    index: int, one: DraftLine, drug: DrugFound | None, findings: Sequence[Finding], *, chronic: bool
) -> SheetLine:
    words, faults = (
        "",
        [Invalid("drug-gone", "Thuốc này không còn trong danh mục của cơ sở: hãy bỏ hoặc thay.", "code")],
    )
    if drug is not None:
        words = dose_words(one.dosing, drug.route, drug.unit)
        faults = dosing_faults(one.dosing, Kind(drug.kind), chronic=chronic) if drug.kept else faults
    own = tuple(found for found in findings if found.line == index)
    return SheetLine(index, one.code, drug, one.dosing, words, one.continues, own, tuple(faults))


def _signed(visit: Visit) -> tuple[Signed, ...]:
    rows = Prescription.objects.filter(visit=visit).select_related("signed_by", "end").prefetch_related("lines")
    return tuple(
        Signed(
            row.pk, row.code, row.kind, row.signed_at, row.signed_by.full_name, len(row.lines.all()),
            row.end.get_kind_display() if hasattr(row, "end") else "",
        )
        for row in rows.order_by("-signed_at", "code")[:MOST_SIGNED]
    )  # fmt: skip


def last_lines(ctx: Context, access: RecordAccess, visit: Visit) -> list[PrescriptionLine]:
    """The lines of the person's last standing prescription of this facility: all kinds that were signed together."""
    standing = Prescription.objects.filter(
        facility_id=facility_of(ctx).id, visit__encounter__patient_id=access.patient_id, end=None
    ).exclude(visit=visit)
    last = standing.order_by("-signed_at", "code").first()
    if last is None:
        return []
    rows = PrescriptionLine.objects.filter(prescription__draft=last.draft_id, prescription__end=None)
    return list(rows.select_related("drug", "prescription").order_by("prescription__code", "position"))


def _last(ctx: Context, access: RecordAccess, visit: Visit) -> Again | None:
    lines = last_lines(ctx, access, visit)
    if not lines:
        return None
    names = tuple(line.drug.name for line in lines)
    return Again(None, "", names, on=lines[0].prescription.signed_at.date())


def _favourites(ctx: Context) -> tuple[Again, ...]:
    """The doctor's own sets and those shared in the facility, the most used first."""
    own = Q(owner_id=ctx.actor.staff_id) | Q(shared=True)
    rows = PrescribingSet.objects.filter(own, facility_id=facility_of(ctx).id).order_by("-used", "name")[:MOST_SETS]
    sets = list(rows)
    names = _names(ctx, [line["code"] for one in sets for line in one.lines])
    return tuple(
        Again(one.pk, one.name, tuple(names.get(line["code"], line["code"]) for line in one.lines),
              one.owner_id == ctx.actor.staff_id)
        for one in sets
    )  # fmt: skip


def _names(ctx: Context, codes: Sequence[str]) -> Mapping[str, str]:
    return (
        {code: drug.name for code, drug in drugs_of(facility_of(ctx).id, codes, today_of(ctx)).items()} if codes else {}
    )
