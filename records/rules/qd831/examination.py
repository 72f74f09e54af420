"""Which field of the form's part 4 each vital sign, system and line about sight stands in: one table for every direction."""

from __future__ import annotations

from dataclasses import fields

from records.rules.examination import SIGHT, SYSTEMS
from records.rules.qd831.form import Examination
from records.rules.vitals import VITALS

TAG_OF_FIELD = {one.name: one.metadata["tag"] for one in fields(Examination) if "tag" in one.metadata}
FIELD_OF_TAG = {tag: name for name, tag in TAG_OF_FIELD.items()}
READINGS = tuple(key for key in VITALS if key in TAG_OF_FIELD)
"""Vital signs that the form has: their key is the name of its field."""
FIELD_OF_SYSTEM = {key: FIELD_OF_TAG[line.tag] for key, line in SYSTEMS.items()}
FIELD_OF_SIGHT = {key: FIELD_OF_TAG[line.tag] for key, line in SIGHT.items()}
