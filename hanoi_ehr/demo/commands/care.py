"""Immunisations, medicines, examinations and reports of the demonstration city, in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, datetime, time, timedelta
from random import Random

from hanoi_ehr.demo.care import MEDICINES, STOP_REASONS, advice_of, doses_of, finding_of
from hanoi_ehr.demo.commands.copying import copy_rows
from hanoi_ehr.demo.commands.residents import PROVENANCE, Seen, Statement, Writer
from hanoi_ehr.demo.histories import HANOI
from hanoi_ehr.demo.people import seeded_key
from records.models import ClinicalNote, ExaminationFinding, Immunization, MedicationRequest

EXAMINED_SINCE_DAYS = 400
STOPPED = 0.08  # of the medicines

_DOSE = (
    "status", "programme", "vaccine_code", "vaccine_display", "product", "dose_number", "occurred_on",
    "occurred_precision", "lot_number", "site", "place", "performer_name", "primary_source", "not_done_code",
    "not_done_reason", "reaction_grade", "reaction", "gestation_weeks", "note",
)  # fmt: skip
_MEDICINE = (
    "encounter_id", "status", "status_reason", "reported", "code", "name", "ingredient", "strength", "dose", "route",
    "unit", "indication", "long_term", "started_on", "ended_on", "prescriber_name",
)  # fmt: skip


class CareWriter:
    """Writes what hangs on a city's statements and encounters, which `written` has put there."""

    def __init__(self, written: Writer, seed: int, today: date) -> None:
        self.written = written
        self.today = today
        self.chance = Random(f"care-{seed}")

    def write(self, say: Callable[[str, int], None]) -> dict[str, int]:
        """The four tables; gives rows per table."""
        tables = (
            (Immunization, (*PROVENANCE, *_DOSE), self._immunizations()),
            (MedicationRequest, (*PROVENANCE, *_MEDICINE), self._medicines()),
            (ExaminationFinding, (*PROVENANCE, "encounter_id", "body_system", "normal", "text", "examined_at"),
             self._findings()),
            (ClinicalNote, (*PROVENANCE, "encounter_id", "kind", "text"), self._notes()),
        )  # fmt: skip
        counts = {}
        for model, columns, rows in tables:
            counts[model.__name__] = copy_rows(model, columns, rows)
            say(model.__name__, counts[model.__name__])
        return counts

    def _provenance(self, statement: Statement, doctor: int | None, at: datetime) -> tuple[object, ...]:
        facility = self.written.ids[statement.facility]
        return (
            seeded_key(self.chance), statement.id, statement.person.id, facility, doctor, at, "ehr", "", "",
        )  # fmt: skip

    def _immunizations(self) -> Iterator[tuple[object, ...]]:
        city = self.written.city
        for person, statements in zip(city.people, city.statements, strict=True):
            for dose in doses_of(self.chance, person, self.today):
                at = max(datetime.combine(dose.on, time(9, self.chance.randint(0, 59)), HANOI), statements[0].at)
                grade = "common" if dose.reaction else ""
                yield (
                    *self._provenance(statements[0], None, at), "completed", dose.programme, dose.vaccine, dose.display,
                    "", dose.number, dose.on, "day", dose.lot, "", "", "", True, "", "", grade, dose.reaction,
                    dose.gestation_weeks, "",
                )  # fmt: skip

    def _medicines(self) -> Iterator[tuple[object, ...]]:
        """The medicines of each lasting illness, from the first visit that names it."""
        told: set[tuple[str, str]] = set()
        for seen in sorted(self.written.encounters, key=lambda one: one.visit.started):
            for found in seen.visit.diagnoses:
                key = (seen.statement.person.id, found.code)
                if found.chronic and key not in told and found.code in MEDICINES:
                    told.add(key)
                    yield from self._prescribed(seen, found.code, found.display)

    def _prescribed(self, seen: Seen, code: str, display: str) -> Iterator[tuple[object, ...]]:
        choice = MEDICINES[code]
        began = seen.visit.started.date()
        for medicine in self.chance.sample(choice, self.chance.randint(1, min(2, len(choice)))):
            stopped = self.chance.random() < STOPPED and (self.today - began).days > 60  # noqa: PLR2004
            ended = began + timedelta(days=self.chance.randint(20, 55)) if stopped else None
            yield (
                *self._provenance(seen.statement, seen.doctor_id, seen.visit.ended), seen.key,
                "stopped" if stopped else "active", self.chance.choice(STOP_REASONS) if stopped else "", False, "",
                medicine.name, medicine.ingredient, medicine.strength, medicine.dose, medicine.route, "viên", display,
                True, began, ended, seen.doctor,
            )  # fmt: skip

    def _recent(self) -> Iterator[tuple[Seen, str]]:
        since = datetime.combine(self.today - timedelta(days=EXAMINED_SINCE_DAYS), time(), HANOI)
        for seen in self.written.encounters:
            if seen.visit.started >= since:
                yield seen, next(one.code for one in seen.visit.diagnoses if one.role == "main")

    def _findings(self) -> Iterator[tuple[object, ...]]:
        for seen, code in self._recent():
            for system, text in finding_of(code):
                at = seen.visit.ended
                normal = text == "Bình thường"
                yield (*self._provenance(seen.statement, seen.doctor_id, at), seen.key, system, normal, text, at)

    def _notes(self) -> Iterator[tuple[object, ...]]:
        for seen, code in self._recent():
            if advice := advice_of(code):
                yield (*self._provenance(seen.statement, seen.doctor_id, seen.visit.ended), seen.key, "advice", advice)
