"""Insurance files: made and checked in one step, added to by hand, sent out; every version stays."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import orjson
from django.utils import timezone

from clinics.commands.following import follow_care
from clinics.commands.steps import staff_of
from clinics.models import ClaimExport, ClaimFile, ClaimSupplement, ExportedClaim, InsuranceProfile, Visit
from clinics.queries.claim_facts import read_facts
from clinics.queries.claims import export_bytes, exportable, last_version, visits_ended
from clinics.queries.insurance import knowledge_of, object_codes
from clinics.queries.scope import facility_of, today_of, visit_here
from clinics.rules.claims.checker import check_dossier, codes_in
from clinics.rules.claims.tables import TYPED, make_dossier
from clinics.rules.states import VisitState
from registry.kernel import Conflict, Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.qd3176.documents import Dossier
from registry.rules.text import clean_line, clean_note

MOST_AT_ONCE = 500
MOST_DAYS = 31
LONGEST_TYPED = 5_000
_ENDED = (VisitState.CLOSED, VisitState.LEFT)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What preparing a period did. more: visits that wait for another run."""

    made: int
    unchanged: int
    with_errors: int
    more: bool


@command(Permission.CLAIM_PREPARE)
def prepare_claim(ctx: Context, *, visit_id: uuid.UUID) -> ClaimFile:
    """Make and check the file of one visit that has ended. Nothing changed since the last version: that one is given.

    Raises NotFound, Conflict (the visit goes on).
    """
    visit = visit_here(ctx, visit_id, lock=True)
    if visit.state not in _ENDED:
        raise Conflict("visit-open", "Lượt khám chưa kết thúc: kết thúc khám rồi lập hồ sơ bảo hiểm.")
    claim, _ = _prepare(ctx, visit)
    detail = {"version": claim.version, "errors": claim.errors}
    record_audit(
        ctx, "prepare-claim", patient_id=visit.encounter.patient_id, target=("ClaimFile", claim.pk), detail=detail
    )
    return claim


@command(Permission.CLAIM_PREPARE)
def prepare_period(ctx: Context, *, first: date, last: date) -> Prepared:
    """Make and check the files of every visit that ended in a period; at most MOST_AT_ONCE a run, those without one first.

    Raises Refused at "last" for a period that is wrong or longer than MOST_DAYS.
    """
    _check_period(first, last)
    visits = list(visits_ended(facility_of(ctx).id, first, last)[: MOST_AT_ONCE + 1])
    results = [_prepare(ctx, visit_here(ctx, visit.pk, lock=True)) for visit in visits[:MOST_AT_ONCE]]
    made = sum(new for _, new in results)
    wrong = sum(bool(claim.errors) for claim, _ in results)
    record_audit(
        ctx,
        "prepare-claims",
        target=("ClaimFile", "*"),
        detail={"first": str(first), "last": str(last), "visits": len(results), "made": made, "errors": wrong},
    )
    return Prepared(made, len(results) - made, wrong, len(visits) > MOST_AT_ONCE)


@command(Permission.CLAIM_PREPARE)
def add_to_claim(ctx: Context, *, visit_id: uuid.UUID, table: str, values: Mapping[str, str]) -> ClaimFile:
    """Type what no page of the system holds into one table, then make the file again. Earlier rows stay readable.

    Raises Refused at "table" or at a field that may not be typed here; Conflict while the visit goes on.
    """
    visit = visit_here(ctx, visit_id, lock=True)
    if visit.state not in _ENDED:
        raise Conflict("visit-open", "Lượt khám chưa kết thúc: kết thúc khám rồi lập hồ sơ bảo hiểm.")
    if table not in TYPED:
        raise Refused("table-closed", "Bảng này lấy từ hồ sơ khám, không ghi tay được.", "table")
    foreign = [name for name in values if name not in TYPED[table]]
    if foreign:
        message = Phrase("Trường {field} được sửa ở nơi ghi ra nó.", field=foreign[0])
        raise Refused("field-closed", message, foreign[0])
    kept = {name: clean_note(text)[:LONGEST_TYPED] for name, text in values.items() if clean_note(text)}
    ClaimSupplement.objects.create(visit=visit, table=table, values=kept, by_id=staff_of(ctx), at=ctx.at)
    claim, _ = _prepare(ctx, visit)
    detail = {"table": table, "version": claim.version}
    record_audit(
        ctx, "add-to-claim", patient_id=visit.encounter.patient_id, target=("ClaimFile", claim.pk), detail=detail
    )
    return claim


@command(Permission.CLAIM_PREPARE)
def export_claims(ctx: Context, *, first: date, last: date) -> ClaimExport:
    """One GIAMDINHHS file of every file of the period that has no error and has not gone out in its present version.

    Raises Refused at "last" (wrong period) or as a whole (nothing to send).
    """
    _check_period(first, last)
    facility = facility_of(ctx)
    claims = list(exportable(facility.id, first, last)[:MOST_AT_ONCE])
    return _export(ctx, first, last, claims)


@command(Permission.CLAIM_PREPARE)
def export_claim(ctx: Context, *, visit_id: uuid.UUID) -> ClaimExport:
    """The file of one visit alone. Refused when it has errors, Conflict when there is none or it went out already."""
    visit = visit_here(ctx, visit_id, lock=True)
    claim = last_version(visit.pk)
    if claim is None:
        raise Conflict("claim-missing", "Chưa lập hồ sơ bảo hiểm cho lượt khám này.")
    if claim.errors:
        raise Refused("claim-wrong", Phrase("Hồ sơ còn {count} lỗi phải sửa trước khi gửi.", count=claim.errors))
    if claim.exports.exists():
        raise Conflict("claim-sent", "Phiên bản này đã được xuất. Sửa và lập lại để có phiên bản mới.")
    return _export(ctx, claim.ended_on, claim.ended_on, [claim])


@command(Permission.CLAIM_PREPARE)
def set_insurance_profile(ctx: Context, *, head_code: str, walk_in_code: str | None = None) -> InsuranceProfile:
    """What every file of the facility repeats: the head of the unit (MA_TTDV), and the object code of people who come by
    themselves ("" where none is fixed, None leaves it). Refused at "head_code" or "walk_in_code".
    """
    facility = facility_of(ctx)
    said = clean_line(head_code)
    if not said or len(said) > 255:  # noqa: PLR2004 - XML1.MA_TTDV
        raise Refused("head-code", "Hãy ghi mã số của thủ trưởng đơn vị.", "head_code")
    if walk_in_code and walk_in_code not in object_codes(today_of(ctx)):
        raise Refused("object-unknown", "Hãy chọn đối tượng đến khám.", "walk_in_code")
    kept = {"head_code": said} | ({} if walk_in_code is None else {"walk_in_code": walk_in_code})
    profile, _ = InsuranceProfile.objects.update_or_create(facility_id=facility.id, defaults=kept)
    record_audit(ctx, "update", target=("InsuranceProfile", profile.pk))
    return profile


def _check_period(first: date, last: date) -> None:
    if last < first:
        raise Refused("period-wrong", "Đến ngày sớm hơn từ ngày.", "last")
    if (last - first).days >= MOST_DAYS:
        raise Refused("period-long", Phrase("Mỗi lần nhiều nhất {most} ngày.", most=MOST_DAYS), "last")


def _prepare(ctx: Context, visit: Visit) -> tuple[ClaimFile, bool]:
    """The newest version, and whether it was made now. The caller holds the visit."""
    follow_care(ctx, visit)
    dossier = make_dossier(read_facts(ctx, visit))
    began, ended = visit.visit_date, _ended_on(visit)
    known = knowledge_of(visit.facility.code, codes_in(dossier), began=began, ended=ended)
    findings = [one.to_json() for one in check_dossier(dossier, known)]
    stamp = fingerprint({"tables": dossier, "findings": findings})
    before = last_version(visit.pk)
    if before is not None and before.fingerprint == stamp:
        return before, False
    doubts = sum(one["doubt"] for one in findings)
    summary = dossier["XML1"][0]
    claim = ClaimFile.objects.create(
        visit=visit,
        facility_id=visit.facility_id,
        ended_on=ended,
        version=before.version + 1 if before else 1,
        tables=dossier,
        fingerprint=stamp,
        findings=findings,
        errors=len(findings) - doubts,
        doubts=doubts,
        insured_total=Decimal(summary["T_TONGCHI_BH"]),
        fund_total=Decimal(summary["T_BHTT"]),
        by_id=staff_of(ctx),
        at=ctx.at,
    )
    return claim, True


def fingerprint(said: Mapping[str, object]) -> str:
    """SHA-256 of a claim's tables and findings, whatever the order of their keys."""
    return hashlib.sha256(orjson.dumps(said, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _ended_on(visit: Visit) -> date:
    return timezone.localdate(visit.encounter.ended_at or visit.encounter.started_at)


def _export(ctx: Context, first: date, last: date, claims: Sequence[ClaimFile]) -> ClaimExport:
    if not claims:
        raise Refused("nothing-to-send", "Không có hồ sơ nào đủ điều kiện gửi trong khoảng ngày này.")
    facility = facility_of(ctx)
    dossiers: list[Dossier] = [claim.tables for claim in claims]
    content = export_bytes(facility.code, today_of(ctx), dossiers)
    export = ClaimExport.objects.create(
        facility_id=facility.id,
        first_day=first,
        last_day=last,
        count=len(claims),
        sha256=hashlib.sha256(content).hexdigest(),
        by_id=staff_of(ctx),
        at=ctx.at,
    )
    ExportedClaim.objects.bulk_create([ExportedClaim(export=export, claim=claim) for claim in claims])
    detail = {"first": str(first), "last": str(last), "count": len(claims), "sha256": export.sha256}
    record_audit(ctx, "export-claims", target=("ClaimExport", export.pk), detail=detail)
    return export
