"""What screening says on a resident's record: an open duty first, then what is due, in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _

from records.queries.access import RecordAccess
from records.queries.panels import Due, Panel, PanelLine
from registry.kernel import Permission, in_language
from screening.models.enrolments import Standing
from screening.queries.scope import COLORECTAL, from_json, today_of
from screening.rules.eligibility import Obstacle, PersonFacts, describe_obstacle, find_obstacles
from screening.rules.programme import ProgrammeRules
from screening.rules.programme_data import parse_rules
from screening.rules.wording import owed_text

# Colorectal screening, and every other programme the person is in. The open duty of whichever enrolment has one comes
# first: after a merge a person may have two.
_EACH = """
SELECT DISTINCT ON (g.code <> %(programme)s, g.id)
       v.rules, g.short_name, n.id, n.facility_id, f.short_name, n.standing, n.next_due_on, n.next_action,
       d.action, d.deadline,
       (SELECT max((o.observed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) FROM records_observation o
         WHERE o.patient_id = %(patient)s AND o.code = ANY(
               SELECT jsonb_array_elements_text(a->'codes') FROM jsonb_array_elements(v.rules->'actions') a
                WHERE a->>'code' = v.rules->>'test') AND o.superseded_by_id IS NULL
           AND NOT o.mistaken AND o.value IS NOT NULL),
       (SELECT max((r.performed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date) FROM records_procedure r
         WHERE r.patient_id = %(patient)s AND v.rules->'cleared'->'codes' ? r.code
           AND r.superseded_by_id IS NULL)
  FROM screening_programme g
  JOIN screening_programmeversion v ON v.programme_id = g.id AND v.state = 'live'
  LEFT JOIN screening_enrolment n ON n.programme_id = g.id AND n.patient_id = %(patient)s
  LEFT JOIN registry_facility f ON f.id = n.facility_id
  LEFT JOIN screening_episode e ON e.enrolment_id = n.id AND e.closed_at IS NULL
  LEFT JOIN screening_duty d ON d.episode_id = e.id AND d.closed_at IS NULL
 WHERE g.code = %(programme)s OR n.id IS NOT NULL
 ORDER BY g.code <> %(programme)s, g.id, d.deadline, n.next_due_on
"""
# Reasons that need no words on a record: everybody sees them in the band.
_SELF_EVIDENT = {Obstacle.DECEASED, Obstacle.TOO_YOUNG, Obstacle.SEX}


@dataclass(frozen=True, slots=True)
class _Standing:
    """What the statement found; url: the page where it is the acting facility's, else the one that takes the person over."""

    rules: ProgrammeRules
    name: str
    enrolled: bool
    url: str
    facility: str
    standing: str
    next_due_on: date | None
    next_action: str
    step: str
    deadline: date | None
    tested_on: date | None
    cleared_on: date | None


def screening_panel(access: RecordAccess) -> Panel | None:
    """For settings.PATIENT_PANELS. None where there is nothing to say (a child, somebody who died, no live version)."""
    panels = list(filter(None, (_told(found, access) for found in _look(access))))
    if len(panels) < 2:  # noqa: PLR2004
        return panels[0] if panels else None
    action = next((one for one in panels if one.action_url), panels[0])
    return Panel(
        _("Tầm soát ung thư"),
        "target",
        tuple(line for one in panels for line in one.lines),
        tuple(due for one in panels for due in one.due),
        action_url=action.action_url,
        action_label=action.action_label,
    )


def due_at_arrival(access: RecordAccess) -> tuple[Due, ...]:
    """For settings.DUE_AT_ARRIVAL: tests that are due today. What follows a result is for those who work in screening."""
    told = [one for one in _look(access) if one.deadline is None or access.ctx.may(Permission.SCREENING_READ)]
    panels = [panel for one in told if (panel := _told(one, access)) is not None]
    return tuple(due for panel in panels for due in panel.due)


def _told(found: _Standing, access: RecordAccess) -> Panel | None:
    if found.deadline is not None:
        return _open_duty(found, found.deadline, today_of(access.ctx))
    return _enrolled(found, today_of(access.ctx)) if found.enrolled else _not_enrolled(found, access)


def _look(access: RecordAccess) -> list[_Standing]:
    with connection.cursor() as cursor:
        cursor.execute(_EACH, {"patient": str(access.patient_id), "programme": COLORECTAL})
        return [_standing(access, row) for row in cursor.fetchall()]


def _standing(access: RecordAccess, row: tuple[Any, ...]) -> _Standing:
    rules, name, enrolment, facility_id, *rest = row
    own = enrolment is not None and facility_id == access.facility_id and access.ctx.may(Permission.SCREENING_READ)
    owed = rest[-3] is not None  # an open step stays with who looks after it
    may_take = enrolment is not None and not owed and access.ctx.may(Permission.SCREENING_ENROL)
    takes = reverse("screening:enrol", args=[access.patient_id]) if may_take else ""
    url = reverse("screening:enrolment", args=[enrolment]) if own else takes
    return _Standing(parse_rules(from_json(rules)), name, enrolment is not None, url, *rest)


def _open_duty(found: _Standing, deadline: date, today: date) -> Panel:
    days = (deadline - today).days
    side = _("quá %(n)s ngày") % {"n": -days} if days < 0 else _("còn %(n)s ngày") % {"n": days}
    step = in_language(owed_text(found.step, _name(found, found.step)))
    line = PanelLine(step, found.url, side, "danger" if days < 0 else "warning", _note(found))
    due = Due(f"{found.name}: {step.lower()}", f"{deadline:%d/%m/%Y}", found.url)
    return _panel(found, (line,), (due,))


def _enrolled(found: _Standing, today: date) -> Panel:
    title = _("Đã ngừng tham gia")
    if found.standing != Standing.CEASED:
        coming = found.rules.pathway.action(found.next_action or found.rules.test)
        title = _("%(test)s lần tới") % {"test": in_language(coming.short_name)}
    when = f"{found.next_due_on:%d/%m/%Y}" if found.next_due_on else ""
    reached = found.next_due_on is not None and found.next_due_on <= today
    line = PanelLine(title, found.url, when, "warning" if reached else "", _note(found))
    return _panel(found, (line,), (Due(f"{found.name}: {title}", when, found.url),) if reached else ())


def _not_enrolled(found: _Standing, access: RecordAccess) -> Panel | None:
    person = access.person
    facts = PersonFacts(
        person.birth, person.sex, person.deceased_on is not None,
        last_test_on=found.tested_on, last_cleared_on=found.cleared_on,
    )  # fmt: skip
    obstacles = find_obstacles(found.rules, facts, today_of(access.ctx))
    if _SELF_EVIDENT.intersection(obstacles):
        return None
    if obstacles:
        return _panel(
            found, tuple(PanelLine(in_language(describe_obstacle(one, found.rules))) for one in obstacles), ()
        )
    may_enrol = access.ctx.may(Permission.SCREENING_ENROL)
    url = reverse("screening:enrol", args=[access.patient_id]) if may_enrol else ""
    line = PanelLine(
        _("Đủ điều kiện làm %(test)s, chưa ghi danh") % {"test": in_language(found.rules.action.short_name)}, url
    )
    return _panel(found, (line,), (Due(f"{found.name}: {found.rules.test_name}", "", url),), url)


def _name(found: _Standing, step: str) -> str:
    """An action's name in the version in force; "" for one it does not have."""
    return next((one.name for one in found.rules.pathway.actions if one.code == step), "")


def _note(found: _Standing) -> str:
    return f"{found.name} · " + _("Điều phối: %(facility)s") % {"facility": found.facility}


def _panel(found: _Standing, lines: tuple[PanelLine, ...], due: tuple[Due, ...], url: str = "") -> Panel:
    title = _("Tầm soát %(name)s") % {"name": found.name.lower()}
    return Panel(title, "target", lines, due, action_url=url, action_label=_("Ghi danh") if url else "")
