"""Synthetic residents, written as a form would write them."""

from __future__ import annotations

import hashlib
import uuid
from datetime import date, datetime

from django.utils import timezone

from records.models import AccessGrant, LinkEvent, Patient, PatientIdentifier, RecordLink, SourceRecord
from registry.models import Facility
from registry.rules.names import sort_key
from registry.rules.text import fold


def make_resident(
    facility: Facility,
    name: str = "Nguyễn Thị Hồng Vân",
    birth: date = date(1972, 3, 12),
    sex: str = "female",
    *,
    cccd: str = "",
    bhyt: str = "",
    phone: str = "",
    at: datetime | None = None,
    open_here: bool = True,
) -> Patient:
    """A resident stated once by `facility`, whose record is open there unless open_here is False."""
    moment = at or timezone.now()
    key = fold(name)
    said = {
        "name": name, "name_key": key, "given_key": key.split()[-1], "family_key": key.split()[0],
        "sort_key": sort_key(name), "birth_date": birth, "sex": sex, "phone": phone,
        "address": "Số 8, ngõ 46", "ward_code": "00229", "ward_name": "Phường Kim Liên",
    }  # fmt: skip
    patient = Patient.objects.create(**said, created_at=moment, changed_at=moment)
    record = SourceRecord.objects.create(
        **said,
        facility=facility,
        channel="form",
        content_hash=hashlib.sha256(str(uuid.uuid4()).encode()).hexdigest(),
        recorded_at=moment,
    )
    RecordLink.objects.create(record=record, patient=patient)
    LinkEvent.objects.create(record=record, patient=patient, action="linked", by="test", reason="mới", at=moment)
    for kind, value in (("cccd", cccd), ("bhyt", bhyt)):
        if value:
            PatientIdentifier.objects.create(
                source_record=record, patient=patient, kind=kind, value=value, value_key=value
            )
    if open_here:
        AccessGrant.objects.create(source_record=record, facility=facility, basis="registration", granted_at=moment)
    return patient
