"""The reader of a profile: one interface for every format."""

from __future__ import annotations

from migration.readers.delimited import Delimited
from migration.readers.envelope import Envelope
from migration.readers.forms831 import Forms
from migration.readers.records import Reader
from migration.rules.profiles import ROUNDS, Profile


def reader_for(profile: Profile, facility_code: str) -> Reader:
    """The reader for files of this profile sent by this facility."""
    if profile.format == "qd3176":
        return Envelope(facility_code)
    if profile.format == "qd831":
        return Forms()
    if profile.format in ("csv", ROUNDS):
        return Delimited(profile)
    raise ValueError(f"no reader for format {profile.format}")
