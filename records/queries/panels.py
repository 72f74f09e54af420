"""What other apps show on a resident's page: functions named in settings.PATIENT_PANELS, called with an opened record."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from django.conf import settings
from django.utils.module_loading import import_string

from records.queries.access import RecordAccess, RecordClosed, look_through_door
from registry.kernel import Context


@dataclass(frozen=True, slots=True)
class PanelLine:
    """One line: what, where it leads, what stands at the right (side_kind: warning, success, danger or empty), a note."""

    title: str
    url: str = ""
    side: str = ""
    side_kind: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """Something the band must show: label, date as text, where it leads."""

    label: str
    date: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """A box beside the record. icon: a name of icons.svg; action_url and action_label: what can be done next."""

    title: str
    icon: str
    lines: tuple[PanelLine, ...] = ()
    due: tuple[Due, ...] = ()
    empty: str = ""
    action_url: str = ""
    action_label: str = ""


def due_at_arrival(ctx: Context, patient_id: uuid.UUID) -> tuple[Due, ...]:
    """What is due today of somebody whose record is open here, for the desk that receives them; the caller audits."""
    try:
        access = look_through_door(ctx, patient_id)
    except RecordClosed:
        return ()
    makers = [
        cast("Callable[[RecordAccess], tuple[Due, ...]]", import_string(name)) for name in settings.DUE_AT_ARRIVAL
    ]
    return tuple(due for make in makers for due in make(access))


def patient_panels(access: RecordAccess) -> list[Panel]:
    """Panels in the order of the setting; a function may answer None when it has nothing to say."""
    makers = [cast("Callable[[RecordAccess], Panel | None]", import_string(name)) for name in settings.PATIENT_PANELS]
    return [panel for make in makers if (panel := make(access)) is not None]
