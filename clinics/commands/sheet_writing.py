"""Writing the doctor's sheet: what was typed is joined with what stands, checked as a whole, and written line by line.

Building blocks for the commands of the consulting room, which hold the visit's row and write their own audit row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from clinics.commands.coding import judge_codes
from clinics.commands.steps import staff_of
from clinics.models import SheetSave, Visit
from clinics.queries.scope import today_of
from clinics.queries.sheet import changes_of, get_sheet
from clinics.rules.diagnoses import CHRONIC, Coded, normalise_code
from clinics.rules.sheet import FIELD_NAMES, TEXTS, Sheet, merged
from records.commands import encounters
from records.commands.examinations import write_examination
from records.rules.examination import Examination
from registry.kernel import Conflict, Context, Refused
from registry.rules.phrases import Phrase
from registry.rules.text import clean_line, clean_note

LONGEST_CONCLUSION = 5_000
LONGEST_REASON = 1_000


@dataclass(frozen=True, slots=True)
class Typed:
    """What was said of a sheet; None: not touched. Codes as typed. seen: the marks of the sheet this is an answer to."""

    main: str | None = None
    secondary: Sequence[str] = ()
    conclusion: str | None = None
    reason: str | None = None
    examined: Examination | None = None
    seen: Mapping[str, str] | None = None

    def on(self, standing: Sheet) -> Sheet:
        """The sheet that is wanted, given the one that stands."""
        said = (self.examined or Examination()).cleaned
        return Sheet(
            reason=standing.reason if self.reason is None else clean_line(self.reason)[:LONGEST_REASON],
            main=standing.main if self.main is None else normalise_code(self.main),
            secondary=standing.secondary if self.main is None else _codes(self.secondary),
            conclusion=standing.conclusion if self.conclusion is None else conclusion_of(self.conclusion),
            course=standing.course if said.course is None else said.course,
            advice=standing.advice if said.advice is None else said.advice,
            findings={**standing.findings, **said.findings},
        )


def join_typed(visit: Visit, typed: Typed) -> tuple[Sheet, Sheet]:
    """(the sheet that stands, the one to write): nothing somebody else wrote meanwhile is lost.

    Raises Conflict(sheet-changed) at each line that both changed, with who wrote what, when.
    """
    standing = get_sheet(visit)
    wanted = typed.on(standing)
    if typed.seen is None:
        return standing, wanted
    wanted, clashes = merged(typed.seen, standing, wanted)
    if clashes:
        told = changes_of(visit, clashes, typed.seen)
        conflicts = [Conflict("sheet-changed", one.told, one.name) for one in told]
        conflicts[0].all = tuple(conflicts)
        raise conflicts[0]
    return standing, wanted


def write_sheet(ctx: Context, visit: Visit, standing: Sheet, wanted: Sheet, *, coded: bool) -> list[Refused]:
    """Write the lines that differ; coded: the codes must be right, too. Answers every fault, each at its line."""
    faults: list[Refused] = []
    if coded or wanted.main or wanted.secondary:
        faults += faults_of(lambda: _write_codes(ctx, visit, standing, wanted))
    faults += faults_of(lambda: _write_examination(ctx, visit, standing, wanted))
    if wanted.reason != standing.reason and not wanted.reason:
        faults.append(Refused("reason-missing", "Hãy ghi lý do đến khám.", "reason"))
    if not faults:
        _write_encounter(visit, standing, wanted)
        _tell(ctx, visit, standing, wanted)
    return faults


def faults_of(write: Callable[[], object]) -> Sequence[Refused]:
    """Write, and tell what was wrong with it; the caller refuses everything at once."""
    try:
        write()
    except Refused as fault:
        return fault.all
    return []


def conclusion_of(text: str) -> str:
    """A conclusion as it is stored."""
    return clean_note(text)[:LONGEST_CONCLUSION]


def conclusion_faults(text: str) -> list[Refused]:
    """What keeps a visit from ending with this conclusion."""
    if not clean_note(text):
        return [Refused("conclusion-missing", "Hãy ghi kết luận và hướng xử trí.", "conclusion")]
    if len(text) > LONGEST_CONCLUSION:
        message = Phrase("Kết luận dài quá {most} ký tự.", most=LONGEST_CONCLUSION)
        return [Refused("conclusion-long", message, "conclusion")]
    return []


def _codes(typed: Sequence[str]) -> tuple[str, ...]:
    return tuple(code for raw in typed if (code := normalise_code(raw)))


def _write_codes(ctx: Context, visit: Visit, standing: Sheet, wanted: Sheet) -> None:
    """The day the visit ends is the day it is written: a visit that began under another list is judged by today's."""
    known = judge_codes(visit, wanted.main, wanted.secondary, today_of(ctx))
    if (wanted.main, set(wanted.secondary)) == (standing.main, set(standing.secondary)):
        return
    others = [_as_recorded(known[code]) for code in wanted.secondary]
    encounters.record_diagnoses(ctx, visit.encounter, _as_recorded(known[wanted.main]), others)


def _write_examination(ctx: Context, visit: Visit, standing: Sheet, wanted: Sheet) -> None:
    now, want = standing.lines, wanted.lines
    names = {name for name in (*now, *want) if want.get(name, "") != now.get(name, "")}
    said = Examination(
        findings={name: want.get(name, "") for name in names - set(TEXTS)},
        course=wanted.course if "course" in names else None,
        advice=wanted.advice if "advice" in names else None,
    )
    write_examination(ctx, visit.encounter, said, sex=visit.encounter.patient.sex)


def _write_encounter(visit: Visit, standing: Sheet, wanted: Sheet) -> None:
    fields = [name for name in ("reason", "conclusion") if getattr(wanted, name) != getattr(standing, name)]
    for name in fields:
        setattr(visit.encounter, name, getattr(wanted, name))
    if fields:
        visit.encounter.save(update_fields=fields)


def _tell(ctx: Context, visit: Visit, standing: Sheet, wanted: Sheet) -> None:
    """Who changed which lines, for whoever saves an older sheet."""
    now, want = standing.lines, wanted.lines
    lines = [name for name in FIELD_NAMES if now.get(name, "") != want.get(name, "")]
    if lines:
        SheetSave.objects.create(visit=visit, lines=lines, by_id=staff_of(ctx), at=ctx.at)


def _as_recorded(coded: Coded) -> encounters.Diagnosis:
    return encounters.Diagnosis(code=coded.code, display=coded.display, chronic=coded.has(CHRONIC))
