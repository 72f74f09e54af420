"""Files of screening results with given counts: one synthetic person for each count, nobody's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from screening.rules.reported import COLUMNS

INVITED = date(2019, 3, 4)


@dataclass(frozen=True)
class Table:
    """How many people came how far in one round."""

    invited: int
    screened: int
    positive: int
    colonoscopy: int
    findings: Mapping[str, int]
    round: int = 1

    def rows(self) -> Iterator[dict[str, str]]:
        """A row for everybody who was invited."""
        found = [code for code, count in self.findings.items() for _ in range(count)]
        for n in range(self.invited):
            yield self._person(n, found[n] if n < len(found) else "none")

    def _person(self, n: int, finding: str) -> dict[str, str]:
        invited = INVITED + timedelta(days=n % 200)
        row = dict.fromkeys(COLUMNS, "")
        row |= {
            "person_id": f"P{self.round}-{n}", "sex": "MF"[n % 2], "birth_date": f"{1950 + n % 20}-07-01",
            "ward_code": "00229", "programme": "colorectal", "round": str(self.round), "target": "1",
            "invited_on": invited.isoformat(), "test": "fit",
        }  # fmt: skip
        if n < self.screened:
            row |= {"tested_on": (invited + timedelta(days=20)).isoformat(), "result": "negative"}
        if n < self.positive:
            row |= {"result": "positive", "assessment": "unknown"}
        if n < self.colonoscopy:
            day = (invited + timedelta(days=45)).isoformat()
            row |= {"assessed_on": day, "assessment": "done", "findings": finding, "finding_on": day}
        return row


def as_csv(rows: Iterator[dict[str, str]] | list[dict[str, str]]) -> str:
    """The rows as a file."""
    lines = [",".join(COLUMNS), *(",".join(row[column] for column in COLUMNS) for row in rows)]
    return "\n".join(lines) + "\n"


def people(count: int, **row: str) -> Iterator[dict[str, str]]:
    """So many women of one programme with the same round: what is not said stays empty."""
    known = dict.fromkeys(COLUMNS, "") | {"sex": "F", "birth_date": "1970-07-01", "ward_code": "00229", "round": "1"}
    for n in range(count):
        told = known | {"target": "1"} | row
        yield told | {"person_id": f"{row['person_id']}-{n}"}
