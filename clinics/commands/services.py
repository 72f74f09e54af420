"""Loading the service catalogue, and how a facility runs its services. A service that changes is closed, never edited."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path

from clinics.models import Analyte, FacilityService, ReferenceRange, Service
from clinics.queries.scope import facility_of
from clinics.rules.catalogue import REQUIRED, Catalogue, ServiceCard, read_catalogue
from clinics.rules.results import AnalyteCard
from registry.commands.reference import Loaded
from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.models import Room
from registry.rules.phrases import Phrase
from registry.rules.tables import read_tsv

STARTER = Path(__file__).resolve().parent.parent / "data" / "services.tsv"
STARTER_FROM = date(2026, 1, 1)
MAX_FAULTS_SHOWN = 50
MAX_BYTES = 5 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a catalogue comes from, and whether somebody stands by it."""

    source: str
    official: bool = False


@command(Permission.REFERENCE_MANAGE)
def load_services(ctx: Context, *, services: Sequence[ServiceCard], valid_from: date, origin: Origin) -> Loaded:
    """Load a version of the catalogue in force from a day; what is already so stays, what differs is closed and replaced.

    Services the version does not name stay. A starter set never replaces an official service. Raises Refused(service-day)
    when something would change on or before the day its present version began.
    """
    loaded = _load(services, valid_from, origin)
    record_audit(ctx, "load", target=("reference", "services"), detail=asdict(loaded))
    return loaded


@command(Permission.REFERENCE_MANAGE)
def import_services(ctx: Context, *, content: bytes, valid_from: date, source: str) -> Loaded:
    """Load an uploaded catalogue (UTF-8; tabs, semicolons or commas; columns of clinics.rules.catalogue), or nothing of it.

    Raises Refused at "file": its encoding, its heading, or one refusal per faulty line.
    """
    catalogue = read_uploaded(content)
    if catalogue.faults:
        raise Refused.several([Refused(one.code, one.said, "file") for one in catalogue.faults[:MAX_FAULTS_SHOWN]])
    if not catalogue.services:
        raise Refused("file-empty", "Tệp không có dịch vụ nào.", "file")
    loaded = _load(catalogue.services, valid_from, Origin(source[:300], official=True))
    record_audit(ctx, "load", target=("reference", "services"), detail=asdict(loaded))
    return loaded


def load_own_services(ctx: Context) -> Loaded:
    """The starter set that the repository carries; for settings.REFERENCE_LOADERS."""
    catalogue = read_catalogue(enumerate(read_tsv(STARTER), start=2))
    if catalogue.faults:
        raise Refused("reference-file", Phrase("services.tsv: {fault}", fault=catalogue.faults[0].said))
    return load_services(ctx, services=catalogue.services, valid_from=STARTER_FROM, origin=Origin("Danh mục mẫu"))


@command(Permission.SERVICE_SET_UP)
def set_up_service(
    ctx: Context, *, code: str, offered: bool, room_id: int | None = None, second_check: bool = False
) -> FacilityService:
    """How the acting facility runs a service from now on. Raises Refused at "code" or "room_id"."""
    facility = facility_of(ctx)
    if not Service.objects.filter(code=code).exists():
        raise Refused("service-unknown", Phrase("Danh mục không có dịch vụ mã {code}.", code=code), "code")
    if room_id is not None and not Room.objects.filter(pk=room_id, facility_id=facility.id, active=True).exists():
        raise Refused("room-unknown", "Hãy chọn một phòng đang dùng của cơ sở.", "room_id")
    said = {"offered": offered, "room_id": room_id, "second_check": second_check}
    row, _ = FacilityService.objects.update_or_create(facility_id=facility.id, code=code, defaults=said)
    record_audit(ctx, "update", target=("FacilityService", row.pk), detail={"code": code, **said})
    return row


def read_uploaded(content: bytes) -> Catalogue:
    """What an uploaded file states. Raises Refused at "file"."""
    if len(content) > MAX_BYTES:
        raise Refused("file-large", Phrase("Tệp lớn quá {most} MB.", most=MAX_BYTES // 1024**2), "file")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Refused("file-encoding", "Tệp không phải bảng mã UTF-8. Hãy lưu lại dạng CSV UTF-8.", "file") from error
    head = text.partition("\n")[0]
    mark = next((one for one in "\t;," if one in head), "\t")
    reader = csv.DictReader(io.StringIO(text), delimiter=mark)
    missing = [name for name in REQUIRED if name not in (reader.fieldnames or ())]
    if missing:
        raise Refused("file-columns", Phrase("Tệp thiếu cột: {names}.", names=", ".join(missing)), "file")
    return read_catalogue((reader.line_num, {k: v or "" for k, v in row.items() if k}) for row in reader)


def _load(services: Sequence[ServiceCard], valid_from: date, origin: Origin) -> Loaded:
    """Everything in few statements: the present versions, the closing, the services, their analytes and ranges."""
    standing = {
        one.code: one
        for one in Service.objects.select_for_update().filter(valid_to=None, code__in=[one.code for one in services])
    }
    changed = [one for one in services if _differs(standing.get(one.code), one, origin)]
    _refuse_early(standing, changed, valid_from)
    closed = [standing[one.code].pk for one in changed if one.code in standing]
    Service.objects.filter(pk__in=closed).update(valid_to=valid_from - timedelta(days=1))
    _add(changed, valid_from, origin)
    return Loaded(added=len(changed), closed=len(closed), unchanged=len(services) - len(changed))


def _differs(known: Service | None, stated: ServiceCard, origin: Origin) -> bool:
    if known is None:
        return True
    if known.official and not origin.official:
        return False
    return (known.fingerprint, known.official) != (stated.fingerprint, origin.official)


def _refuse_early(standing: dict[str, Service], changed: Sequence[ServiceCard], valid_from: date) -> None:
    early = [one.code for one in changed if one.code in standing and standing[one.code].valid_from >= valid_from]
    if early:
        template = "Đã có bản bắt đầu từ ngày đó hoặc sau: {codes}. Hãy chọn ngày hiệu lực muộn hơn."
        raise Refused("service-day", Phrase(template, codes=", ".join(early[:10])), "valid_from")


def _add(cards: Sequence[ServiceCard], valid_from: date, origin: Origin) -> None:
    rows = Service.objects.bulk_create(
        Service(
            code=one.code,
            name=one.name,
            search_key=one.search_key,
            kind=one.kind,
            specimen=one.specimen,
            fingerprint=one.fingerprint,
            source=origin.source,
            official=origin.official,
            valid_from=valid_from,
        )
        for one in cards
    )
    pairs = [
        (analyte, _analyte(row, position, analyte))
        for row, card in zip(rows, cards, strict=True)
        for position, analyte in enumerate(card.analytes)
    ]
    Analyte.objects.bulk_create([row for _, row in pairs])
    ReferenceRange.objects.bulk_create(
        ReferenceRange(analyte=row, **asdict(one)) for analyte, row in pairs for one in analyte.ranges
    )


def _analyte(service: Service, position: int, one: AnalyteCard) -> Analyte:
    return Analyte(
        service=service,
        position=position,
        code=one.code,
        name=one.name,
        unit=one.unit,
        loinc=one.loinc,
        words=one.words,
        answers=list(one.answers),
        lowest=one.lowest,
        highest=one.highest,
    )
