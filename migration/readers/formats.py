"""The reader of a profile: one interface for every format. What holds the data is recognised by content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

from migration.readers.dbf import Dbf
from migration.readers.delimited import Delimited
from migration.readers.envelope import Envelope
from migration.readers.forms831 import Forms
from migration.readers.kinds import Kind, recognise
from migration.readers.messages import Hl7
from migration.readers.parts import Parts
from migration.readers.records import Layout, Raw, Reader, Span
from migration.readers.resources import Fhir
from migration.rules.faults import FileRefused
from migration.rules.profiles import FHIR, HL7, TABULAR, Profile


class Tables:
    """A table as it stands in a file of its own: CSV or DBF."""

    def __init__(self, profile: Profile) -> None:
        self.delimited, self.dbf = Delimited(profile), Dbf(profile)

    def scan(self, file: BinaryIO) -> Layout:
        """By content."""
        return (self.dbf if recognise(file) is Kind.DBF else self.delimited).scan(file)

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """By what the scan found."""
        return (self.dbf if facts.get("kind") == "dbf" else self.delimited).read(data, span, facts)


class _Turned:
    """Stands for formats whose whole files are never read as they come."""

    def scan(self, file: BinaryIO) -> Layout:
        """Nothing to find."""
        return Layout((), {}, FileRefused("no-records", "Tệp không có dữ liệu."))

    def read(self, data: bytes, span: Span, facts: Mapping[str, Any]) -> Iterator[Raw]:
        """Nothing to read."""
        return iter(())


def reader_for(profile: Profile, facility_code: str) -> Parts:
    """The reader for files of this profile sent by this facility."""
    if profile.format in TABULAR:
        tables = Tables(profile)
        rows = Delimited(profile, rows=True)
        return Parts(tables, {"rows": rows, Kind.TEXT.value: tables.delimited, Kind.DBF.value: tables.dbf})
    gathered: Mapping[str, Reader] = {HL7: Hl7(facility_code), FHIR: Fhir(facility_code)}
    if profile.format in gathered:
        return Parts(_Turned(), gathered)
    ministry: Mapping[str, Callable[[], Reader]] = {"qd3176": lambda: Envelope(facility_code), "qd831": Forms}
    if profile.format in ministry:
        whole = ministry[profile.format]()
        return Parts(whole, {"xml": whole})
    raise ValueError(f"no reader for format {profile.format}")
