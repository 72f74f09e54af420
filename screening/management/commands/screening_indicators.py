"""bin/manage screening_indicators PROGRAMME --from D --to D --basis B [--by age,sex,ward,round] [--age-groups …] [--json]

Standard output carries a list of {indicator, group, numerator, denominator, value, unit, unknown}; exit code 1 when refused.
"""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from datetime import date
from typing import IO, Any, cast

from django.core.management.base import BaseCommand
from django.utils import timezone
from rich.console import Console
from rich.table import Table

from registry.kernel import Channel, Refused
from registry.queries.contexts import system_context
from registry.rules.phrases import Phrase
from screening.queries.indicators import DIMENSIONS, FIVE_YEARS, Asked, Group, count_indicators
from screening.rules.indicators import Basis, Value
from screening.rules.reported import FAMILIES, family_of

LONGEST_INTERVAL = 240  # months


class Command(BaseCommand):
    """The indicators on the terminal."""

    help = "In các chỉ số của một chương trình tầm soát trong một khoảng thời gian."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The command line."""
        parser.add_argument("programme", metavar="PROGRAMME", help=f"chương trình: {', '.join(FAMILIES)}")
        parser.add_argument("--from", dest="since", required=True, metavar="D", help="ngày đầu, dạng NNNN-TT-NN")
        parser.add_argument("--to", dest="until", required=True, metavar="D", help="ngày cuối, tính cả ngày đó")
        bases = [basis.value for basis in Basis]
        parser.add_argument("--basis", choices=bases, default=Basis.YEAR.value, help="theo năm hay theo đợt mời")
        parser.add_argument("--by", default="", metavar="DIM,…", help=f"phân nhóm theo: {', '.join(DIMENSIONS)}")
        parser.add_argument("--age-groups", default="", metavar="A-B,…", help="nhóm tuổi, ví dụ 50-54,55-59")
        parser.add_argument("--age-on", default="", metavar="D", help="tính tuổi mọi người vào ngày này")
        parser.add_argument("--interval", type=int, metavar="MONTHS", help="khoảng cách hai vòng, số tháng")
        parser.add_argument("--json", action="store_true", help="in dạng JSON ra stdout")

    def handle(self, *args: Any, **options: Any) -> None:
        """Count and print."""
        try:
            groups = count_indicators(_context(), _asked(options))
        except Refused as refusal:
            Console(stderr=True).print(refusal.message, style="red", markup=False, highlight=False)
            if options["json"]:
                told = {"state": "refused", "code": refusal.code, "message": refusal.message}
                self.stdout.write(json.dumps(told, ensure_ascii=False))
            sys.exit(1)
        if options["json"]:
            self.stdout.write(json.dumps([_told(group, value) for group in groups for value in group.values]))
        else:
            for group in groups:
                Console(file=cast("IO[str]", self.stdout), width=110).print(_table(group))


def _context() -> Any:
    return system_context(timezone.now(), channel=Channel.COMMAND_LINE, label="screening_indicators")


def _asked(options: dict[str, Any]) -> Asked:
    word = options["programme"]
    return Asked(
        family=family_of(word) or word,
        since=_day(options["since"], "--from"),
        until=_day(options["until"], "--to"),
        basis=Basis(options["basis"]),
        by=tuple(part for one in options["by"].split(",") if (part := one.strip())),
        ages=_ages(options["age_groups"]) or FIVE_YEARS,
        age_on=_day(options["age_on"], "--age-on") if options["age_on"] else None,
        interval=_interval(options["interval"]),
    )


def _interval(months: int | None) -> int | None:
    if months is not None and not 1 <= months <= LONGEST_INTERVAL:
        raise Refused(
            "interval", Phrase("Khoảng cách hai vòng là số tháng từ 1 đến {most}.", most=LONGEST_INTERVAL), "interval"
        )
    return months


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        template = "{option}: “{value}” không phải ngày đúng dạng NNNN-TT-NN."
        raise Refused("period", Phrase(template, option=option, value=text[:30]), option) from error


def _ages(text: str) -> tuple[tuple[int, int], ...]:
    groups = []
    for one in filter(None, (part.strip() for part in text.split(","))):
        low, dash, high = one.partition("-")
        if not (low.isascii() and low.isdigit() and dash and high.isascii() and high.isdigit()):
            template = "“{value}” không phải nhóm tuổi: hãy ghi như 50-54,55-59."
            raise Refused("age-groups", Phrase(template, value=one[:30]), "ages")
        groups.append((int(low), int(high)))
    return tuple(groups)


def _told(group: Group, value: Value) -> dict[str, Any]:
    return {
        "indicator": value.indicator,
        "group": group.name,
        "numerator": value.numerator,
        "denominator": value.denominator,
        "value": value.value,
        "unit": value.unit.value,
        "unknown": value.unknown,
    }


def _table(group: Group) -> Table:
    table = Table(title=group.name)
    for name in ("Chỉ số", "Tử số", "Mẫu số", "Giá trị", "Đơn vị", "Chưa biết"):
        table.add_column(name, justify="left" if name == "Chỉ số" else "right")
    for value in group.values:
        shown = (value.numerator, value.denominator, value.value)
        numbers = ["" if one is None else f"{one:,.2f}".removesuffix(".00") for one in shown]
        table.add_row(
            value.indicator, *numbers, value.unit.value, "" if value.unknown is None else f"{value.unknown:,.0f}"
        )
    return table
