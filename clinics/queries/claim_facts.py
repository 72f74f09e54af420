"""Gathering what a visit's insurance file says: a fixed number of statements whatever the visit holds.

The law wants every diagnosis, result and charge of the visit in its file; whoever may make it (claim.prepare) therefore
passes on rows that are otherwise restricted, sees none of them on a page, and each making is audited with the person.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db.models import Max
from django.utils import timezone

from clinics.models import (
    Charge,
    ClaimSupplement,
    DailySheet,
    InsuranceCoverage,
    InsuranceProfile,
    Payment,
    Stay,
    Visit,
    VisitReferral,
)
from clinics.queries.bills import MOST_LINES, bill_of, standing_charges
from clinics.queries.chargeable import chargeable_items
from clinics.queries.insurance import coverage_of
from clinics.rules.charges.benefit import NOT_INSURED
from clinics.rules.charges.bill import Bill, BillLine
from clinics.rules.charges.items import ChargeKind, Item, Particulars
from clinics.rules.claims.facts import (
    CardFacts,
    ClaimFacts,
    CourseFacts,
    LineFacts,
    PersonFacts,
    ResultFacts,
    StayFacts,
    VisitFacts,
)
from clinics.rules.payers import Payer
from clinics.rules.referrals import REFERRED
from clinics.rules.stays import leave_days_after
from records.models import ClinicalNote, Condition, DiagnosticReport, Observation, Patient
from records.queries.administrative import details_of
from records.rules.vitals import VITALS
from registry.kernel import Context
from registry.models import AdministrativeUnit, Staff
from registry.rules.dates import PartialDate

MOST_RESULTS = 1_000
UNINSURED = "9"
NOBODY = uuid.UUID(int=0)
CITY_PROVINCE = "01"
VIETNAM = "000"  # MA_QUOCTICH; only citizens hold a CCCD (Luật Căn cước 26/2023/QH15 Điều 3)


def read_facts(ctx: Context, visit: Visit) -> ClaimFacts:
    """Everything of a visit that has ended, undecorated: the caller holds the permission and writes the audit row."""
    charges = list(standing_charges(visit)[:MOST_LINES])
    payments = list(Payment.objects.filter(visit=visit).values_list("amount", flat=True))
    coverage = coverage_of(visit.pk)
    bill = bill_of(visit, charges, payments)
    doctor, stay = _doctor(visit), _stay(visit)
    return ClaimFacts(
        person=_person(visit),
        visit=_visit(visit, doctor, stay),
        card=_card(visit, coverage),
        level=bill.level,
        lines=_lines(bill, _as_done(visit), doctor.licence_number if doctor else ""),
        results=_results(visit),
        courses=_courses(visit, doctor, stay),
        stay=_stay_facts(stay),
        added=_added(visit),
    )


def _person(visit: Visit) -> PersonFacts:
    patient: Patient = visit.encounter.patient
    details = details_of(patient.pk).details
    numbers: dict[str, str] = {}
    own = patient.identifiers.exclude(state="old").select_related("source_record").order_by("id")
    for one in own:
        if one.kind != "facility" or one.source_record.facility_id == visit.facility_id:
            numbers[one.kind] = one.value
    identity = next((numbers[kind] for kind in ("cccd", "vneid", "passport", "cmnd") if kind in numbers), "")
    return PersonFacts(
        number=numbers.get("facility", str(patient.pk)),
        name=patient.name,
        identity=identity.replace(" ", ""),
        birth=PartialDate(patient.birth_date, patient.birth_precision),  # type: ignore[arg-type]
        sex=patient.sex,
        address=", ".join(filter(None, (patient.address, patient.ward_name))),
        province=_province(patient.ward_code, visit.visit_date),
        ward=patient.ward_code,
        phone=patient.phone,
        ethnicity=details.ethnicity_code,
        nationality=details.nationality_code or (VIETNAM if "cccd" in numbers else ""),
        occupation=details.occupation_code,
        blood=details.blood_abo + details.blood_rh,
    )


def _province(ward: str, day: date) -> str:
    """The city's own wards lie in province 01; of another unit its parents are asked."""
    unit = AdministrativeUnit.objects.on(day).filter(code=ward, level=AdministrativeUnit.Level.COMMUNE).first()
    while unit is not None and unit.parent is not None:
        unit = unit.parent
    if unit is not None and unit.level == AdministrativeUnit.Level.PROVINCE:
        return str(unit.code)
    return CITY_PROVINCE if ward else ""


def _doctor(visit: Visit) -> Staff | None:
    """Who examined: whoever closed the visit."""
    closed = visit.statuses.filter(state="closed").select_related("by").first()
    return closed.by if closed else None


def _visit(visit: Visit, doctor: Staff | None, stay: Stay | None) -> VisitFacts:
    encounter = visit.encounter
    said = Condition.objects.filter(encounter=encounter, superseded_by=None).exclude(role=Condition.Role.HISTORY)
    diagnoses = sorted(said, key=lambda one: (one.role != Condition.Role.MAIN, one.code))
    profile = InsuranceProfile.objects.filter(facility_id=visit.facility_id).first()
    weight = _weight(visit)
    return VisitFacts(
        key=encounter.pk.hex,
        facility=visit.facility.code,
        department=(stay.department if stay and stay.department else visit.room.department).code,
        care_type=encounter.care_type,
        began=encounter.started_at,
        ended=_ended(visit),
        paid_at=Payment.objects.filter(visit=visit).aggregate(last=Max("at"))["last"],
        reason=encounter.reason,
        conclusion=encounter.conclusion,
        outcome=encounter.outcome_code,
        discharge=encounter.discharge_code,
        diagnoses=tuple((one.code, one.display) for one in diagnoses),
        doctor_licence=doctor.licence_number if doctor else "",
        doctor_name=doctor.full_name if doctor else encounter.practitioner_name,
        head_code=profile.head_code if profile else "",
        weight=weight.value if weight else None,
    )


def _ended(visit: Visit) -> datetime:
    return visit.encounter.ended_at or visit.encounter.started_at


def _weight(visit: Visit) -> Observation | None:
    rows = Observation.objects.filter(encounter=visit.encounter, superseded_by=None, code=VITALS["weight"].code)
    return rows.exclude(value=None).order_by("-observed_at").first()


def _card(visit: Visit, coverage: InsuranceCoverage | None) -> CardFacts:
    if visit.payer != Payer.INSURANCE or (coverage and coverage.object_code in NOT_INSURED):
        return CardFacts(UNINSURED)
    if coverage is None:
        return CardFacts("")
    return CardFacts(
        object_code=coverage.object_code,
        card=coverage.card,
        registered_at=coverage.registered_at,
        valid_from=coverage.valid_from,
        valid_to=coverage.valid_to,
        referred_from=coverage.referred_from,
        referral_number=coverage.referral_number,
        exempt_from=coverage.exempt_from,
        five_years_on=coverage.five_years_on,
        area=coverage.area,
    )


def _as_done(visit: Visit) -> dict[tuple[str, uuid.UUID], Item]:
    """What the record says today of the sources that lines were charged for: when it was done and read, and by whom."""
    items = chargeable_items(visit, timezone.localdate(_ended(visit)))
    return {item.source: item for item in items if item.source}


def _lines(bill: Bill[Charge], done: Mapping[tuple[str, uuid.UUID], Item], doctor: str) -> tuple[LineFacts, ...]:
    return tuple(
        _line(one, done.get((one.what.source_kind, one.what.source_id or NOBODY)), doctor) for one in bill.lines
    )


def _line(one: BillLine[Charge], done: Item | None, doctor: str) -> LineFacts:
    """A charged line; when it was done is the record's to say where it knows.

    doctor: the licence of whoever examined, who answers for what the till charged by hand.
    """
    charge = one.what
    return LineFacts(
        kind=ChargeKind(charge.kind),
        code=charge.code,
        name=charge.name,
        unit=charge.unit,
        group=charge.group,
        line=one.line,
        amounts=one.amounts,
        department=charge.department_code,
        licence=(done.ordered_by if done else "") or charge.by_licence or doctor,
        ordered_at=charge.ordered_at,
        done_at=done.done_at if done else charge.done_at,
        result_at=done.result_at if done else charge.result_at,
        particulars=done.particulars if done else Particulars.from_json(charge.particulars),
    )


def _results(visit: Visit) -> tuple[ResultFacts, ...]:
    reports = DiagnosticReport.objects.filter(encounter=visit.encounter, superseded_by=None, status="final")
    told = list(reports.select_related("recorded_by").order_by("performed_at", "id")[:MOST_RESULTS])
    rows = Observation.objects.filter(report__in=told, superseded_by=None).order_by("report_id", "id")
    indices: dict[object, list[Observation]] = {}
    for row in rows[:MOST_RESULTS]:
        indices.setdefault(row.report_id, []).append(row)
    return tuple(fact for report in told for fact in _of_report(report, indices.get(report.pk, [])))


def _of_report(report: DiagnosticReport, rows: Sequence[Observation]) -> list[ResultFacts]:
    """One row an index; words go with the first."""
    licence = report.recorded_by.licence_number if report.recorded_by else ""
    words = (report.result, report.conclusion)
    if not rows:
        return [ResultFacts(report.code, "", report.display, "", "", *words, report.recorded_at, licence)]
    return [
        ResultFacts(
            service=report.code,
            index=row.code,
            name=row.display,
            value=f"{row.value.normalize():f}" if row.value is not None else row.value_text,
            unit=row.unit,
            description=words[0] if at == 0 else "",
            conclusion=words[1] if at == 0 else "",
            at=report.recorded_at,
            licence=licence,
        )
        for at, row in enumerate(rows)
    ]


def _stay(visit: Visit) -> Stay | None:
    related = ("department", "ending__referred_to")
    return Stay.objects.filter(visit=visit, ended_at__isnull=False).select_related(*related).first()


def _stay_facts(stay: Stay | None) -> StayFacts | None:
    if stay is None:
        return None
    ending = stay.ending
    days = ending.leave_days
    return StayFacts(
        admitted_at=stay.admitted_at,
        reason=stay.reason,
        diagnosis=stay.diagnosis.partition(" · ")[2] or stay.diagnosis,
        condition=ending.condition,
        advice=ending.advice,
        referred_to=ending.referred_to.code if ending.referred_to else "",
        leave=leave_days_after(timezone.localdate(ending.at), days) if days else None,
    )


def _sheets(stay: Stay) -> list[CourseFacts]:
    """The sheet that stands of each day."""
    rows = DailySheet.objects.filter(stay=stay).order_by("day", "-at", "-id").distinct("day").select_related("by")
    return [CourseFacts(row.course, row.at, row.by.licence_number) for row in rows[:MOST_RESULTS]]


def _courses(visit: Visit, doctor: Staff | None, stay: Stay | None) -> tuple[CourseFacts, ...]:
    """What the doctors wrote of the course, on the visit's sheet and each day in bed; else the reason for coming."""
    notes = ClinicalNote.objects.filter(encounter=visit.encounter, superseded_by=None, kind=ClinicalNote.Kind.COURSE)
    licence = doctor.licence_number if doctor else ""
    ended = _ended(visit)
    told = [CourseFacts(one.text, min(one.recorded_at, ended), licence) for one in notes.order_by("recorded_at")[:50]]
    told += _sheets(stay) if stay else []
    if not told and visit.encounter.reason:
        told = [CourseFacts(visit.encounter.reason, visit.encounter.started_at, licence)]
    return tuple(told)


def _added(visit: Visit) -> Mapping[str, Mapping[str, str]]:
    """What was typed into the file, on top of what the visit's own referral says."""
    sent = _sent_on(visit)
    found = dict(sent)
    for row in ClaimSupplement.objects.filter(visit=visit).order_by("at", "id"):
        found[row.table] = {**sent.get(row.table, {}), **row.values}
    return found


def _sent_on(visit: Visit) -> dict[str, Mapping[str, str]]:
    if visit.encounter.discharge_code not in REFERRED:
        return {}
    sent = VisitReferral.objects.select_related("referred_to").filter(visit=visit).first()
    if sent is None:
        return {}
    return {"XML1": {"MA_NOI_DEN": sent.referred_to.code}, "XML13": {"TINH_TRANG_CT": sent.condition}}
