"""The whole form of one person, and the file it travels in."""

from __future__ import annotations

from dataclasses import dataclass, field

from records.rules.qd831.form.care import Examination, Vaccination
from records.rules.qd831.form.general import General
from records.rules.qd831.form.history import History
from records.rules.qd831.form.tags import many, tag


@dataclass(frozen=True, slots=True)
class Header:
    """Who sends what, when."""

    message_version: str = tag("MESSAGE_VERSION")
    sender_code: str = tag("SENDER_CODE")
    sender_name: str = tag("SENDER_NAME")
    transaction_type: str = tag("TRANSACTION_TYPE")
    transaction_name: str = tag("TRANSACTION_NAME")
    transaction_date: str = tag("TRANSACTION_DATE")
    transaction_id: str = tag("TRANSACTION_ID")
    request_id: str = tag("REQUEST_ID")
    action_type: str = tag("ACTION_TYPE")


@dataclass(frozen=True, slots=True)
class HealthRecord:
    """HOSOSUCKHOE: one person's whole form."""

    general: General = field(default_factory=General, metadata={"part": "THONGTINCHUNG"})
    history: History = field(default_factory=History, metadata={"part": "TIENSU"})
    vaccination: Vaccination = field(default_factory=Vaccination, metadata={"part": "TIEMCHUNG"})
    examinations: tuple[Examination, ...] = many("DANHSACHHOSOKHAMCHUABENH/HOSOKHAMCHUABENH", Examination)


@dataclass(frozen=True, slots=True)
class Security:
    """The sender's signature, base64; empty where the form is handed over unsigned."""

    signature: str = tag("SIGNATURE")


@dataclass(frozen=True, slots=True)
class Message:
    """DATA: the whole file."""

    header: Header = field(default_factory=Header, metadata={"part": "HEADER"})
    record: HealthRecord = field(default_factory=HealthRecord, metadata={"part": "BODY/HOSOSUCKHOE"})
    security: Security = field(default_factory=Security, metadata={"part": "SECURITY"})
