"""Loading formulary versions, and a facility's switch of what it keeps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from clinics.commands.steps import staff_of
from clinics.models import Drug, FormularySwitch
from clinics.queries.scope import facility_of, today_of
from clinics.rules.formulary import DATA, read_drug
from registry.commands.reference import Loaded
from registry.kernel import Context, NotFound, Permission, Refused, command, record_audit
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.tables import read_tsv

DEMO_SOURCE = "Danh mục trình diễn: tên, hàm lượng viết cho bản mẫu, mã và số đăng ký không có thật"
DEMO_FROM = date(2020, 1, 1)
MOST_FAULTS = 50


@command(Permission.REFERENCE_MANAGE)
def load_formulary(
    ctx: Context,
    *,
    rows: Sequence[Mapping[str, str]],
    valid_from: date,
    source: str,
    official: bool = False,
    complete: bool = False,
) -> Loaded:
    """Write a formulary version in force from a day (columns of clinics/data/formulary.tsv), or none of it.

    A medicine that says the same keeps its row; a changed one closes the old row the day before; complete: what the version
    does not list ends as well. A list that is not official never touches an official row. Raises Refused with every faulty
    line at "rows".
    """
    read = _read(rows)
    current = {
        one.code: one for one in Drug.objects.select_for_update().filter(valid_to=None, valid_from__lte=valid_from)
    }
    loaded = Loaded()
    for columns in read:
        loaded += _write(current.get(columns["code"]), columns, valid_from, source, official)
    if complete:
        loaded += _close(current, {columns["code"] for columns in read}, valid_from, official)
    record_audit(ctx, "load", target=("reference", "formulary"), detail=asdict(loaded))
    return loaded


def load_own_formulary(ctx: Context) -> Loaded:
    """The demonstration formulary that the repository carries; for settings.REFERENCE_LOADERS."""
    return load_formulary(ctx, rows=read_tsv(DATA / "formulary.tsv"), valid_from=DEMO_FROM, source=DEMO_SOURCE)


@command(Permission.STOCK_MANAGE)
def switch_drug(ctx: Context, *, code: str, kept: bool) -> FormularySwitch:
    """Put a medicine on this facility's formulary, or take it off. Raises NotFound for an unknown one."""
    if not Drug.objects.on(today_of(ctx)).filter(code=code).exists():
        raise NotFound("Không có thuốc này trong danh mục hôm nay.", "no-such-drug")
    row = FormularySwitch.objects.create(
        facility_id=facility_of(ctx).id, code=code, kept=kept, by_id=staff_of(ctx), at=ctx.at
    )
    record_audit(ctx, "update", target=("FormularySwitch", row.pk), detail={"code": code, "kept": kept})
    return row


def _read(rows: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = []
    faults: list[Refused] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, start=2):
        try:
            read.append(_once(read_drug(row), seen))
        except Invalid as bad:
            message = Phrase("Dòng {number}: {message}", number=number, message=bad.message)
            faults.append(Refused(bad.code, message, "rows"))
    if faults:
        raise Refused.several(faults[:MOST_FAULTS])
    if not read:
        raise Refused("file-empty", "Tệp không có dòng thuốc nào.", "rows")
    return read


def _once(columns: dict[str, Any], seen: set[str]) -> dict[str, Any]:
    """The row, unless its code was read before."""
    if columns["code"] in seen:
        raise Invalid("drug-twice", Phrase("Mã {code} có hai lần.", code=columns["code"]), "code")
    seen.add(columns["code"])
    return columns


def _write(known: Drug | None, columns: dict[str, Any], day: date, source: str, official: bool) -> Loaded:
    if known and known.official and not official:
        return Loaded(unchanged=1)
    if known and all(getattr(known, name) == value for name, value in columns.items()):
        return Loaded(unchanged=1)
    closed = 0
    if known and known.valid_from == day:
        Drug.objects.filter(pk=known.pk).update(**columns, source=source, official=official)
        return Loaded(changed=1)
    if known:
        closed = Drug.objects.filter(pk=known.pk).update(valid_to=day - timedelta(days=1))
    Drug.objects.create(**columns, valid_from=day, source=source, official=official)
    return Loaded(added=1, closed=closed)


def _close(current: Mapping[str, Drug], listed: set[str], day: date, official: bool) -> Loaded:
    """End what a complete version leaves out, as far as this list may speak of it."""
    gone = [
        one.pk
        for one in current.values()
        if one.code not in listed and (official or not one.official) and one.valid_from < day
    ]
    return Loaded(closed=Drug.objects.filter(pk__in=gone).update(valid_to=day - timedelta(days=1)))
