"""What is asked, of whom, and how a good answer is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from benchmarks.csrf import CSRF
from benchmarks.preparation import Prepared, Sample
from benchmarks.report import BARE_READ
from records.api.fhir import SYSTEMS
from registry.rules.text import fold


@dataclass(frozen=True)
class Question:
    """face: "app", "bare" or "sql". asked: (path, texts a good answer holds, body of a POST or nothing) each; or a
    statement with parameters."""

    name: str
    face: str
    asked: list[tuple[str, list[str], str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    statement: str = ""
    parameters: list[list[Any]] = field(default_factory=list)
    audited: bool = True


def all_questions(prepared: Prepared) -> list[Question]:
    """Every question, floors first."""
    return [*floors(prepared), *_sql(prepared.people), *_fhir(prepared), *_web(prepared)]


def floors(prepared: Prepared) -> Iterator[Question]:
    """A constant view and the bare audited read."""
    yield Question("constant view", "bare", [("/constant/", ["pass"], "")], prepared.bare_headers)
    reads = [(f"/read/{person.id}/", [person.id], "") for person in prepared.people]
    yield Question(BARE_READ, "bare", reads, prepared.bare_headers)


_SHOWN = "p.id, p.name, p.birth_date, p.sex, p.phone, p.ward_name"
_STATEMENTS: dict[str, tuple[str, Callable[[Sample], list[Any]]]] = {
    "psycopg2: by id": (f"SELECT {_SHOWN} FROM records_patient p WHERE id = %s", lambda p: [p.id]),
    "psycopg2: by CCCD": (
        (
            f"SELECT {_SHOWN} FROM records_patientidentifier i JOIN records_patient p ON p.id = i.patient_id"
            " WHERE i.value_key = %s AND i.kind = 'cccd'"
        ),
        lambda p: [p.cccd],
    ),
    "psycopg2: given + family, 20 by birth date": (
        f"SELECT {_SHOWN} FROM records_patient p WHERE given_key = %s AND family_key = %s ORDER BY birth_date, id LIMIT 20",
        lambda p: [p.given_key, p.family_key],
    ),
    "psycopg2: full name + birth year": (
        (
            f"SELECT {_SHOWN} FROM records_patient p WHERE name_key = %s AND birth_date BETWEEN %s AND %s"
            " ORDER BY birth_date, id LIMIT 20"
        ),
        lambda p: [p.name_key, f"{p.birth.year}-01-01", f"{p.birth.year}-12-31"],
    ),
    "psycopg2: bare given name, 20 in index order": (
        f"SELECT {_SHOWN} FROM records_patient p WHERE given_key = %s ORDER BY family_key, birth_date, id LIMIT 20",
        lambda p: [p.given_key],
    ),
    "psycopg2: one audit row committed": (
        (
            "INSERT INTO registry_auditevent"
            " (action, outcome, actor_kind, actor_id, actor_label, patient_id, purpose, channel, request_id)"
            " VALUES ('read', 'ok', 'client', 'bare', 'bare', %s, 'TREAT', 'api', uuidv7()) RETURNING id"
        ),
        lambda p: [p.id],
    ),
}


def _sql(people: tuple[Sample, ...]) -> Iterator[Question]:
    for name, (statement, parameters) in _STATEMENTS.items():
        yield Question(
            name, "sql", statement=statement, parameters=[parameters(person) for person in people], audited=False
        )


def _fhir(prepared: Prepared) -> Iterator[Question]:
    people, headers = prepared.people, prepared.client_headers

    def asked(parameters: Callable[[Sample], dict[str, str]], expected: Callable[[Sample], list[str]]) -> list[Any]:
        return [(f"/fhir/R4/Patient?{urlencode(parameters(person))}", expected(person), "") for person in people]

    def found(person: Sample) -> list[str]:
        return [person.id]

    yield Question(
        "FHIR: read by id", "app", [(f"/fhir/R4/Patient/{p.id}", [p.id, p.name], "") for p in people], headers
    )
    identifier = asked(lambda p: {"identifier": f"{SYSTEMS['cccd']}|{p.cccd}"}, found)
    yield Question("FHIR: by CCCD", "app", identifier, headers)
    for label, write in (("", str), (" (no diacritics)", fold)):
        yield Question(
            f"FHIR: given + family{label}", "app",
            asked(lambda p, write=write: {"given": write(p.given), "family": write(p.family)}, _entry), headers,
        )  # fmt: skip
        yield Question(
            f"FHIR: full name + birth year{label}", "app",
            asked(lambda p, write=write: {"name": write(p.name), "birthdate": str(p.birth.year)}, found), headers,
        )  # fmt: skip
        yield Question(
            f"FHIR: bare given name{label}",
            "app",
            asked(lambda p, write=write: {"given": write(p.given)}, _entry),
            headers,
        )


def _entry(_: Sample) -> list[str]:
    return ['"entry":[']


def _web(prepared: Prepared) -> Iterator[Question]:
    people, headers = prepared.people, prepared.web_headers
    token = f"csrfmiddlewaretoken={CSRF}"

    def asked(text: Callable[[Sample], str], expected: Callable[[Sample], list[str]]) -> list[Any]:
        return [("/ho-so/tim/", expected(person), f"{token}&q={quote(text(person))}") for person in people]

    yield Question("page: record", "app", [(f"/ho-so/{p.id}/", [p.name, "</html>"], "") for p in people], headers)
    yield Question("page: search by CCCD", "app", asked(lambda p: p.cccd, lambda p: [p.id]), headers)
    for label, write in (("", str), (" (no diacritics)", fold)):
        yield Question(
            f"page: search given + family{label}", "app",
            asked(lambda p, write=write: write(f"{p.family} {p.given}"), _rows), headers,
        )  # fmt: skip
        yield Question(
            f"page: search full name + birth year{label}", "app",
            asked(lambda p, write=write: f"{write(p.name)} {p.birth.year}", lambda p: [p.id]), headers,
        )  # fmt: skip
        yield Question(
            f"page: search bare given name{label}", "app", asked(lambda p, write=write: write(p.given), _rows), headers
        )

    typed: dict[str, Callable[[Sample], str]] = {
        "full name with a typo + birth year": lambda p: f"{fold(p.name)[:-1]} {p.birth.year}",
        "full name with a typo": lambda p: fold(p.name)[:-1],
        "initials + birth year": lambda p: f"{''.join(word[0] for word in fold(p.name).split())} {p.birth.year}",
        "name + 4 last digits of the phone": lambda p: f"{fold(p.given)} {p.phone[-4:]}",
        "6 last digits of the phone": lambda p: p.phone[-6:],
    }
    for label, write_so in typed.items():
        yield Question(f"page: search {label}", "app", asked(write_so, lambda p: ["</html>"]), headers)


def _rows(_: Sample) -> list[str]:
    return ["</html>", "/ho-so/0"]  # keys are time-ordered: every record's address begins so
