"""Reading insurance files: one visit's versions, the facility's worklist, what goes out."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from clinics.models import ClaimExport, ClaimFile, ClaimSupplement, ExportedClaim, InsuranceProfile, Visit
from clinics.queries.insurance import object_codes
from clinics.queries.scope import facility_of, visit_here
from clinics.rules.claims.findings import Finding
from clinics.rules.claims.values import field_names
from clinics.rules.payers import PAYER_NAMES, Payer
from clinics.rules.states import VisitState
from records.queries.band import Band, get_bands
from registry.kernel import Context, NotFound, Permission, query, record_audit
from registry.rules.qd3176.documents import Dossier, write_envelope
from registry.rules.qd3176.fields import tables

MOST_LISTED = 200
MOST_VERSIONS = 20
MOST_EXPORTS = 10
ENDED = (VisitState.CLOSED, VisitState.LEFT)


@dataclass(frozen=True, slots=True)
class ClaimPage:
    """One visit's file. tables: (key, title, rows) of the newest version; added: what was typed, by table."""

    visit: Visit
    band: Band
    claim: ClaimFile | None
    findings: tuple[Finding, ...]
    tables: tuple[tuple[str, str, int], ...]
    versions: tuple[ClaimFile, ...]
    sent: tuple[ClaimExport, ...]
    added: Mapping[str, Mapping[str, str]]
    ended: bool

    @property
    def is_sent(self) -> bool:
        """Whether the newest version has gone out."""
        return self.claim is not None and any(one.sent for one in self.versions if one.pk == self.claim.pk)  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class ClaimRow:
    """One visit on the worklist: no name, the visit's number and room tell it."""

    visit_id: uuid.UUID
    number: int
    room: str
    day: date
    payer: str
    version: int | None
    errors: int
    doubts: int
    fund: Decimal
    sent: bool


@dataclass(frozen=True, slots=True)
class ClaimList:
    """The worklist of a period. by_rule: (table, field, its name, files) of the newest versions, the most common first."""

    rows: tuple[ClaimRow, ...]
    limited: bool
    visits: int
    missing: int
    wrong: int
    ready: int
    sent: int
    fund: Decimal
    by_rule: tuple[tuple[str, str, str, int], ...]
    exports: tuple[ClaimExport, ...]
    head_code: str
    walk_in_code: str
    objects: Mapping[str, str]


@query(Permission.CLAIM_READ)
def get_claim(ctx: Context, visit_id: uuid.UUID) -> ClaimPage:
    """The page of one visit's file. NotFound for another facility's. One audit row names the person and the visit."""
    visit = visit_here(ctx, visit_id)
    versions = _versions(visit.pk)
    claim = versions[0] if versions else None
    rows = ClaimSupplement.objects.filter(visit=visit).order_by("at", "id")
    page = ClaimPage(
        visit=visit,
        band=get_bands([visit.encounter.patient_id])[visit.encounter.patient_id],
        claim=claim,
        findings=tuple(Finding.from_json(one) for one in claim.findings) if claim else (),
        tables=_counts(claim.tables) if claim else (),
        versions=versions,
        sent=tuple(ClaimExport.objects.filter(items__claim__visit=visit).order_by("-at")[:MOST_EXPORTS]),
        added={row.table: row.values for row in rows},
        ended=visit.state in ENDED,
    )
    record_audit(ctx, "read", patient_id=visit.encounter.patient_id, target=("Claim", visit.pk))
    return page


@query(Permission.CLAIM_READ)
def find_claims(ctx: Context, *, first: date, last: date, only: str = "") -> ClaimList:
    """The worklist of visits that ended in a period. only: "missing", "wrong", "ready", "sent" or "" for all."""
    facility = facility_of(ctx)
    visits = visits_ended(facility.id, first, last)
    newest = newest_claims(facility.id, first, last)
    counts = Counter(_state_of(claim) for claim in newest)
    total = visits.count()
    rows, limited = _rows(visits, newest, only)
    profile = InsuranceProfile.objects.filter(facility_id=facility.id).first()
    listed = ClaimList(
        rows=rows,
        limited=limited,
        visits=total,
        missing=total - sum(counts.values()),
        wrong=counts["wrong"],
        ready=counts["ready"],
        sent=counts["sent"],
        fund=sum((claim.fund_total for claim in newest), Decimal(0)),
        by_rule=_by_rule(newest),
        exports=tuple(ClaimExport.objects.filter(facility_id=facility.id).order_by("-at")[:MOST_EXPORTS]),
        head_code=profile.head_code if profile else "",
        walk_in_code=profile.walk_in_code if profile else "",
        objects=object_codes(last),
    )
    record_audit(ctx, "list", target=("Claims", f"{first}..{last}"), detail={"shown": len(rows)})
    return listed


@query(Permission.CLAIM_PREPARE)
def get_claim_file(ctx: Context, claim_id: uuid.UUID) -> tuple[ClaimFile, bytes]:
    """One version as a GIAMDINHHS file, dated the day it was made. NotFound for another facility's."""
    claims = ClaimFile.objects.select_related("visit__encounter").filter(facility_id=facility_of(ctx).id)
    claim = claims.filter(pk=claim_id).first()
    if claim is None:
        raise NotFound
    content = export_bytes(facility_of(ctx).code, timezone.localdate(claim.at), [claim.tables])
    patient_id = claim.visit.encounter.patient_id
    record_audit(ctx, "download-claims", patient_id=patient_id, target=("ClaimFile", claim.pk))
    return claim, content


@query(Permission.CLAIM_PREPARE)
def get_export(ctx: Context, export_id: uuid.UUID) -> tuple[ClaimExport, bytes]:
    """A file that went out, byte for byte as it did. NotFound for another facility's."""
    export = ClaimExport.objects.filter(pk=export_id, facility_id=facility_of(ctx).id).first()
    if export is None:
        raise NotFound
    items = ExportedClaim.objects.filter(export=export).order_by("id").values_list("claim__tables", flat=True)
    content = export_bytes(facility_of(ctx).code, timezone.localdate(export.at), list(items))
    record_audit(ctx, "download-claims", target=("ClaimExport", export.pk), detail={"count": export.count})
    return export, content


def export_bytes(facility_code: str, made_on: date, dossiers: Iterable[Dossier]) -> bytes:
    """The file; the same claims on the same day give the same bytes."""
    return write_envelope(facility_code, made_on, dossiers)


def visits_ended(facility_id: int, first: date, last: date) -> QuerySet[Visit]:
    """Visits of a facility that ended in a period, those without a file first, then by the time they ended."""
    begin, end = (timezone.make_aware(datetime.combine(day, at)) for day, at in ((first, time.min), (last, time.max)))
    ended = Visit.objects.filter(facility_id=facility_id, state__in=ENDED, encounter__ended_at__range=(begin, end))
    has_file = Exists(ClaimFile.objects.filter(visit=OuterRef("pk")))
    related = ended.select_related("encounter__patient", "room__department", "facility", "ticket")
    return related.annotate(has_file=has_file).order_by("has_file", "encounter__ended_at", "id")


def last_version(visit_id: uuid.UUID) -> ClaimFile | None:
    """The newest version of a visit's file."""
    return ClaimFile.objects.filter(visit_id=visit_id).order_by("-version").first()


def newest_claims(facility_id: int, first: date, last: date) -> list[ClaimFile]:
    """The newest version of every visit of a period, without its tables; `sent` says whether it went out."""
    claims = _newest(facility_id, first, last).annotate(sent=Exists(_sent()))
    return list(claims.defer("tables"))


def exportable(facility_id: int, first: date, last: date) -> QuerySet[ClaimFile]:
    """Newest versions without an error that have not gone out, in the order visits ended."""
    return _newest(facility_id, first, last).filter(~Exists(_sent()), errors=0).order_by("ended_on", "visit_id")


def _newest(facility_id: int, first: date, last: date) -> QuerySet[ClaimFile]:
    claims = ClaimFile.objects.filter(facility_id=facility_id, ended_on__range=(first, last))
    newer = ClaimFile.objects.filter(visit=OuterRef("visit"), version__gt=OuterRef("version"))
    return claims.filter(~Exists(newer))


def _sent() -> QuerySet[ExportedClaim]:
    return ExportedClaim.objects.filter(claim=OuterRef("pk"))


def _versions(visit_id: uuid.UUID) -> tuple[ClaimFile, ...]:
    claims = ClaimFile.objects.filter(visit_id=visit_id).annotate(sent=Exists(_sent()))
    return tuple(claims.select_related("by").order_by("-version")[:MOST_VERSIONS])


def _counts(told: Mapping[str, Sequence[Any]]) -> tuple[tuple[str, str, int], ...]:
    return tuple((key, table.title, len(told[key])) for key, table in tables().items() if key in told)


def _state_of(claim: ClaimFile) -> str:
    if claim.errors:
        return "wrong"
    return "sent" if claim.sent else "ready"  # type: ignore[attr-defined]


def _rows(visits: QuerySet[Visit], newest: Sequence[ClaimFile], only: str) -> tuple[tuple[ClaimRow, ...], bool]:
    by_visit = {claim.visit_id: claim for claim in newest}
    if only == "missing":
        visits = visits.exclude(pk__in=list(by_visit))
    elif only:
        visits = visits.filter(pk__in=[claim.visit_id for claim in newest if _state_of(claim) == only])
    found = list(visits[: MOST_LISTED + 1])
    rows = [_row(visit, by_visit.get(visit.pk)) for visit in found[:MOST_LISTED]]
    return tuple(sorted(rows, key=lambda row: (-row.errors, row.version is not None))), len(found) > MOST_LISTED


def _row(visit: Visit, claim: ClaimFile | None) -> ClaimRow:
    return ClaimRow(
        visit_id=visit.pk,
        number=visit.ticket.number,
        room=visit.room.code,
        day=visit.visit_date,
        payer=PAYER_NAMES[Payer(visit.payer)],
        version=claim.version if claim else None,
        errors=claim.errors if claim else 0,
        doubts=claim.doubts if claim else 0,
        fund=claim.fund_total if claim else Decimal(0),
        sent=bool(claim and _state_of(claim) == "sent"),
    )


def _by_rule(newest: Sequence[ClaimFile]) -> tuple[tuple[str, str, str, int], ...]:
    """(table, field, its name, files) of the mistakes, the most common first."""
    told: Counter[tuple[str, str]] = Counter()
    for claim in newest:
        told.update({(one["table"], one["field"]) for one in claim.findings if not one["doubt"]})
    return tuple((table, field, field_names().get(field, ""), count) for (table, field), count in told.most_common(12))
