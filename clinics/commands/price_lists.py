"""Putting price lists and base salaries in force. A list is written whole or not at all, and never changed afterwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q

from clinics.models import BaseSalary, PriceList, ServicePrice
from clinics.queries.scope import facility_of
from clinics.rules.charges.items import ChargeKind
from clinics.rules.claims.values import DATA, decimal_of, own_lists
from registry.commands.reference import Loaded
from registry.kernel import Context, Permission, Refused, command, record_audit
from registry.rules.phrases import Phrase
from registry.rules.tables import read_tsv
from registry.rules.text import clean_line

MOST_PRICES = 50_000
STARTER = DATA / "prices.tsv"
_GROUPS = {ChargeKind.MEDICINE: "nhom-thuoc", ChargeKind.SERVICE: "nhom-dvkt", ChargeKind.SUPPLY: "nhom-dvkt"}
_HUNDRED = Decimal(100)


@command(Permission.PRICE_MANAGE)
def put_price_list(
    ctx: Context,
    *,
    name: str,
    source: str,
    valid_from: date,
    rows: Sequence[Mapping[str, str]],
    official: bool = False,
) -> PriceList:
    """Put a list in force at the acting facility; the one before ends the day before. Columns as in clinics/data/prices.tsv.

    Raises Refused at "name", "source", "valid_from" or "rows" (the first line that is wrong, with its number).
    """
    listed = write_price_list(
        facility_of(ctx).id, name=name, source=source, valid_from=valid_from, rows=rows, official=official
    )
    record_audit(ctx, "load", target=("PriceList", listed.pk), detail={"prices": len(rows)})
    return listed


def write_price_list(
    facility_id: int,
    *,
    name: str,
    source: str,
    valid_from: date,
    rows: Sequence[Mapping[str, str]],
    official: bool,
) -> PriceList:
    """The building block: checks, then writes the list and its prices."""
    _check(name, source, rows)
    prices = [_price(row, number) for number, row in enumerate(rows, start=2)]
    if len({(one.kind, one.code) for one in prices}) != len(prices):
        raise Refused("price-twice", "Bảng giá có mã được ghi hai lần.", "rows")
    before = PriceList.objects.filter(Q(valid_to=None) | Q(valid_to__gte=valid_from), facility_id=facility_id)
    if before.filter(valid_from__gte=valid_from).exists():
        raise Refused("price-date", "Đã có bảng giá bắt đầu từ ngày này hoặc sau đó.", "valid_from")
    before.update(valid_to=valid_from - timedelta(days=1))
    listed = PriceList.objects.create(
        facility_id=facility_id,
        name=clean_line(name)[:200],
        source=clean_line(source)[:300],
        valid_from=valid_from,
        official=official,
    )
    for one in prices:
        one.price_list = listed
    ServicePrice.objects.bulk_create(prices, batch_size=1_000)
    return listed


def starter_prices() -> list[dict[str, str]]:
    """Prices written for the demonstration; no authority has decided them."""
    return read_tsv(STARTER)


@command(Permission.REFERENCE_MANAGE)
def load_base_salaries(ctx: Context, *, rows: Sequence[Mapping[str, str]]) -> Loaded:
    """Write base salaries by their first day (columns as in clinics/data/base_salary.tsv); what is there is corrected."""
    loaded = Loaded()
    for row in rows:
        loaded += _salary(row)
    record_audit(ctx, "load", target=("reference", "base_salary"), detail=asdict(loaded))
    return loaded


def load_own_base_salaries(ctx: Context) -> Loaded:
    """Those the repository carries; for settings.REFERENCE_LOADERS."""
    return load_base_salaries(ctx, rows=read_tsv(DATA / "base_salary.tsv"))


def _salary(row: Mapping[str, str]) -> Loaded:
    values = {
        "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
        "amount": Decimal(row["amount"]),
        "source": row["source"],
        "confirmed": row["confirmed"] == "1",
    }
    known = BaseSalary.objects.filter(valid_from=row["valid_from"]).first()
    if known is None:
        BaseSalary.objects.create(valid_from=date.fromisoformat(row["valid_from"]), **values)
        return Loaded(added=1)
    if all(getattr(known, name) == value for name, value in values.items()):
        return Loaded(unchanged=1)
    BaseSalary.objects.filter(pk=known.pk).update(**values)
    return Loaded(changed=1)


def _check(name: str, source: str, rows: Sequence[Mapping[str, str]]) -> None:
    faults = [
        Refused(f"{field}-missing", message, field)
        for field, text, message in (
            ("name", name, "Hãy ghi tên bảng giá."),
            ("source", source, "Hãy ghi căn cứ của bảng giá."),
        )
        if not clean_line(text)
    ]
    if not rows or len(rows) > MOST_PRICES:
        message = Phrase("Bảng giá phải có từ 1 đến {most} dòng.", most=MOST_PRICES)
        faults.append(Refused("price-rows", message, "rows"))
    if faults:
        raise Refused.several(faults)


def _price(row: Mapping[str, str], number: int) -> ServicePrice:
    kind, values = row.get("kind", ""), _numbers(row)
    wrong = next((name for name, value in values.items() if isinstance(value, str)), "")
    if kind not in list(ChargeKind):
        wrong = "kind"
    elif row.get("group", "") not in own_lists()[_GROUPS[ChargeKind(kind)]]:
        wrong = "group"
    elif not clean_line(row.get("code", "")) or not clean_line(row.get("name", "")):
        wrong = "code" if not clean_line(row.get("code", "")) else "name"
    if wrong:
        message = Phrase("Dòng {number}: cột {column} thiếu hoặc ghi sai.", number=number, column=wrong)
        raise Refused("price-row", message, "rows")
    return ServicePrice(
        kind=kind,
        code=clean_line(row["code"])[:255],
        name=clean_line(row["name"])[:1024],
        unit=clean_line(row.get("unit", ""))[:50],
        group=row["group"],
        **values,
    )


def _numbers(row: Mapping[str, str]) -> dict[str, Any]:
    """The columns that hold numbers; what cannot be read stays a text, which the caller refuses."""
    values: dict[str, Any] = {}
    for name, default in (("price", ""), ("insured_price", None), ("pay_rate", _HUNDRED), ("ceiling", None)):
        text = row.get(name, "").strip()
        amount = decimal_of(text) if text else default
        values[name] = text if amount is None and text else amount
    if isinstance(values["pay_rate"], Decimal) and values["pay_rate"] > _HUNDRED:
        values["pay_rate"] = "wrong"
    return values
