"""Immunisations of an opened record: every dose with its earlier versions, and how the schedule stands today.

Two statements whatever the number of doses: the doses, the schedule.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import connection
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from records.models import Immunization, ImmunizationSchedule, VaccineProgramme
from records.queries.access import RecordAccess
from records.queries.panels import Due, Panel, PanelLine
from records.rules.doses import latest_day
from records.rules.immunisation import (
    GivenDose,
    PlannedDose,
    Refusal,
    State,
    Step,
    judge,
    parse_span,
    read_counts,
)
from registry.kernel import Context, Permission, query
from registry.models import Concept
from registry.rules.dates import PartialDate, age_on

MOST_DOSES = 300
PROGRAMMES: Mapping[str, str] = dict(VaccineProgramme.choices)
NOT_DONE: Mapping[str, str] = dict(Immunization.NotDone.choices)
REACTIONS: Mapping[str, str] = dict(Immunization.Reaction.choices)
CHILD_YEARS = 16  # the programme's last dose stands long before; older people are asked about only for tetanus
FERTILE_YEARS = range(15, 50)  # WHO: women of reproductive age, 15 to 49

_DOSES = """
SELECT i.id, i.status, i.programme, i.vaccine_code, i.vaccine_display, i.product, i.dose_number, i.occurred_on,
       i.occurred_precision, i.lot_number, i.expires_on, i.site, i.place, i.performer_name, i.primary_source,
       i.not_done_code, i.not_done_reason, i.reaction_grade, i.reaction, i.next_due_on, i.gestation_weeks, i.note,
       f.short_name, f.id, coalesce(s.full_name, ''), i.recorded_at, i.system, i.superseded_by_id, i.superseded_reason,
       (SELECT c.properties->>'series' FROM registry_concept c JOIN registry_codesystem y ON y.id = c.system_id
         WHERE y.key = 'vac-xin' AND c.code = i.vaccine_code AND c.valid_from <= i.occurred_on
         ORDER BY c.valid_from DESC LIMIT 1)
  FROM records_immunization i JOIN registry_facility f ON f.id = i.facility_id
  LEFT JOIN registry_staff s ON s.id = i.recorded_by_id
 WHERE i.patient_id = %s ORDER BY i.occurred_on DESC, i.id DESC LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class DoseRow:
    """One dose as written, with who wrote it; superseded_by and superseded_reason when a later version stands."""

    id: uuid.UUID
    status: str
    programme: str
    vaccine: str
    display: str
    product: str
    number: int | None
    occurred_on: date
    precision: str
    lot: str
    expires_on: date | None
    site: str
    place: str
    performer: str
    primary_source: bool
    not_done_code: str
    not_done_reason: str
    reaction_grade: str
    reaction: str
    next_due_on: date | None
    gestation_weeks: int | None
    note: str
    facility: str
    facility_id: int
    recorded_by: str
    recorded_at: datetime
    system: str
    superseded_by: uuid.UUID | None
    superseded_reason: str
    counts_for: tuple[tuple[str, int], ...]

    @property
    def on(self) -> PartialDate:
        """When, as far as it is known."""
        return PartialDate(self.occurred_on, self.precision)  # type: ignore[arg-type]  # constrained by its choices

    @property
    def stands(self) -> bool:
        """Whether this is what the record says today."""
        return self.superseded_by is None and self.status != Immunization.Status.ENTERED_IN_ERROR

    @property
    def given(self) -> bool:
        """Whether the vaccine was given."""
        return self.status == Immunization.Status.COMPLETED


@dataclass(frozen=True, slots=True)
class Immunisations:
    """What stands and how the schedule is met; earlier: versions that were replaced or taken back, newest first.

    unconfirmed: some row of the schedule that concerns this person was not checked against its source.
    """

    doses: tuple[DoseRow, ...]
    earlier: tuple[DoseRow, ...]
    steps: tuple[Step, ...]
    today: date

    @property
    def called(self) -> tuple[Step, ...]:
        """What is due or overdue today, the latest first."""
        waiting = [one for one in self.steps if one.state in (State.OVERDUE, State.DUE)]
        return tuple(sorted(waiting, key=lambda one: (one.due_on or self.today, one.planned.position)))

    @property
    def unconfirmed(self) -> bool:
        """Whether the page must say that the schedule is not confirmed."""
        return any(not one.planned.confirmed for one in self.steps)

    def dose(self, key: object) -> DoseRow | None:
        """The standing dose of this number."""
        return next((one for one in self.doses if one.id == key), None)


@dataclass(frozen=True, slots=True)
class VaccineChoice:
    """A vaccine that can be written: code, name, the programme it usually belongs to, the series it counts for."""

    code: str
    display: str
    programme: str
    series: tuple[str, ...]


def get_immunisations(access: RecordAccess) -> Immunisations:
    """Everything about somebody's immunisation, at most 300 versions of doses."""
    rows = _doses(access)
    today = timezone.localdate(access.ctx.at)
    standing = tuple(row for row in rows if row.stands)
    steps = _judge(access, standing, _schedule(), today)
    earlier = tuple(row for row in rows if row.superseded_by is not None)
    return Immunisations(standing, earlier, steps, today)


@query(Permission.RECORD_READ, audited=False)
def find_vaccines(ctx: Context) -> tuple[VaccineChoice, ...]:
    """The vaccines of today's list, in its order."""
    rows = Concept.objects.on(timezone.localdate(ctx.at)).filter(system__key="vac-xin").order_by("id")
    found = rows.values_list("code", "display", "properties")
    return tuple(
        VaccineChoice(
            code, display, told.get("programme", ""), tuple(s for s, _ in read_counts(told.get("series", "")))
        )
        for code, display, told in found
    )


def immunisation_panel(access: RecordAccess) -> Panel | None:
    """For settings.PATIENT_PANELS: doses due and overdue of a child. None, without a question asked, for grown-ups."""
    today = timezone.localdate(access.ctx.at)
    if (
        access.person.deceased_on
        or age_on(access.person.birth, max(today, access.person.birth.value)).years >= CHILD_YEARS
    ):
        return None
    found = get_immunisations(access)
    url = reverse("records:immunisation", args=[access.patient_id])
    lines = tuple(_line(step, url, today) for step in found.called)
    due = tuple(_due(step, url) for step in found.called)
    note = _("Không có mũi nào đến hạn hôm nay.")
    if found.unconfirmed and lines:
        lines = (*lines, PanelLine(_("Lịch chưa được xác nhận đầy đủ"), url))
    return Panel(_("Tiêm chủng đến hạn"), "syringe", lines, due, note, url, _("Sổ tiêm chủng"))


def step_name(step: Step) -> str:
    """ "Sởi – rubella mũi 2"."""
    return _("%(vaccine)s mũi %(n)s") % {"vaccine": step.planned.series_name, "n": step.planned.number}


def _line(step: Step, url: str, today: date) -> PanelLine:
    late = step.state is State.OVERDUE
    days = (today - step.due_on).days if step.due_on else 0
    side = _("quá hạn") if late else _("đến hạn")
    note = _("Đến hạn %(day)s, %(n)s ngày trước") % {"day": f"{step.due_on:%d/%m/%Y}", "n": days}
    return PanelLine(step_name(step), url, side, "danger" if late else "warning", note)


def _due(step: Step, url: str) -> Due:
    words = _("%(dose)s quá hạn") if step.state is State.OVERDUE else "%(dose)s"
    return Due(words % {"dose": step_name(step)}, f"{step.due_on:%d/%m/%Y}" if step.due_on else "", url)


def _doses(access: RecordAccess) -> list[DoseRow]:
    with connection.cursor() as cursor:
        cursor.execute(_DOSES, [access.patient_id, MOST_DOSES])
        return [DoseRow(*[*row[:-1], read_counts(row[-1] or "")]) for row in cursor.fetchall()]


def _schedule() -> list[PlannedDose]:
    return [_planned(row) for row in ImmunizationSchedule.objects.all()[:MOST_DOSES]]


def _planned(row: ImmunizationSchedule) -> PlannedDose:
    return PlannedDose(
        row.programme, row.series, row.series_name, row.position, row.dose_number, row.vaccine_code, row.sex,
        parse_span(row.due_age), parse_span(row.overdue_age), parse_span(row.earliest_age), parse_span(row.latest_age),
        parse_span(row.minimum_interval), row.note, row.source, row.confirmed, row.valid_from, row.valid_to,
    )  # fmt: skip


def _judge(
    access: RecordAccess, standing: Sequence[DoseRow], schedule: list[PlannedDose], today: date
) -> tuple[Step, ...]:
    person = access.person
    age = age_on(person.birth, max(today, person.birth.value)).years
    wanted = [
        one for one in schedule if one.programme != "tetanus" or age in FERTILE_YEARS or _had(standing, one.series)
    ]
    given = [GivenDose(row.id, latest_day(row.on, today), row.counts_for) for row in standing if row.given]
    barred = [
        Refusal(row.id, tuple(series for series, _ in row.counts_for), row.number)
        for row in standing
        if row.not_done_code == Immunization.NotDone.CONTRAINDICATED
    ]
    birth = min(person.birth.last, today)
    return judge(wanted, birth=birth, sex=person.sex, given=given, today=today, refusals=barred)


def _had(standing: Sequence[DoseRow], series: str) -> bool:
    return any(row.given and row.programme == "tetanus" and series in dict(row.counts_for) for row in standing)
