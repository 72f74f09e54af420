"""One record of table XML1 (QĐ 3176): the visit and its diagnoses, or every reason why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache

from migration.rules.faults import Fault
from migration.rules.icd import normalise_icd, split_codes
from migration.rules.moments import parse_moment
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase
from registry.rules.qd3176.fields import tables
from registry.rules.text import clean_line, clean_note

# MA_LOAI_KCB: 01-10 of QĐ 3176, 11-16 of QĐ 1804/2026.
CARE_TYPES = frozenset(f"{number:02d}" for number in range(1, 17))


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One diagnosis: role "main" or "secondary", normalised code, the code as written, words."""

    role: str
    code: str
    raw: str
    display: str


@dataclass(frozen=True, slots=True)
class Visit:
    """What XML1 tells of one episode of care. key: MA_LK."""

    key: str
    care_type: str
    started_at: datetime
    ended_at: datetime | None
    reason: str
    conclusion: str
    department_code: str
    practitioner_name: str
    outcome_code: str
    discharge_code: str
    diagnoses: tuple[Diagnosis, ...]
    notices: tuple[str, ...] = ()
    faults: tuple[Fault, ...] = ()  # diagnoses that could not be read; the rest of the visit is good


@cache
def field_lengths(table: str) -> Mapping[str, int]:
    """Longest text of each field of a table, where the sources state one."""
    return {field.name: field.longest for field in tables()[table].fields if field.longest is not None}


def read_visit(fields: Mapping[str, str], *, now: datetime, facility_code: str) -> Visit | list[Fault]:
    """The visit of one XML1 record sent by `facility_code`."""
    faults = _owner_faults(fields, facility_code)
    started = _moment(fields, "NGAY_VAO", now, faults, required=True)
    ended = _moment(fields, "NGAY_RA", now, faults, required=False)
    if started and ended and ended < started:
        faults.append(Fault("end-before-start", "Ngày ra sớm hơn ngày vào.", "NGAY_RA", "XML1"))
    care_type = fields.get("MA_LOAI_KCB", "").strip().zfill(2)
    if care_type not in CARE_TYPES:
        faults.append(Fault("care-type", "Mã loại khám chữa bệnh phải từ 01 đến 16.", "MA_LOAI_KCB", "XML1"))
    if faults or started is None:
        return faults
    diagnoses, doubts = _diagnoses(fields)
    return Visit(
        key=fields["MA_LK"].strip()[:100],
        care_type=care_type,
        started_at=started,
        ended_at=ended,
        reason=clean_line(fields.get("LY_DO_VV", ""))[:1000],
        conclusion=clean_note(fields.get("CHAN_DOAN_RV", "")),
        department_code=clean_line(fields.get("MA_KHOA", ""))[:50],
        practitioner_name="",
        outcome_code=clean_line(fields.get("KET_QUA_DTRI", ""))[:2],
        discharge_code=clean_line(fields.get("MA_LOAI_RV", ""))[:2],
        diagnoses=diagnoses,
        notices=_notices(fields, diagnoses),
        faults=doubts,
    )


def _owner_faults(fields: Mapping[str, str], facility_code: str) -> list[Fault]:
    faults = []
    if not fields.get("MA_LK", "").strip():
        faults.append(Fault("ma-lk-missing", "Thiếu mã liên kết MA_LK của lượt khám.", "MA_LK", "XML1"))
    sent = fields.get("MA_CSKCB", "").strip()
    if not sent:
        faults.append(Fault("facility-missing", "Thiếu mã cơ sở MA_CSKCB.", "MA_CSKCB", "XML1"))
    elif sent != facility_code:
        template = "Hồ sơ ghi mã cơ sở {told}, khác cơ sở nộp tệp {facility}."
        message = Phrase(template, told=sent[:20], facility=facility_code)
        faults.append(Fault("facility-other", message, "MA_CSKCB", "XML1"))
    return faults


def _moment(
    fields: Mapping[str, str], field: str, now: datetime, faults: list[Fault], *, required: bool
) -> datetime | None:
    text = fields.get(field, "")
    if not text.strip() and not required:
        return None
    try:
        return parse_moment(text, now)
    except Invalid as problem:
        faults.append(Fault(problem.code, problem.message, field, "XML1"))
        return None


def _diagnoses(fields: Mapping[str, str]) -> tuple[tuple[Diagnosis, ...], tuple[Fault, ...]]:
    """Main first, each code once; what cannot be a code goes to quarantine by itself."""
    words = clean_line(fields.get("CHAN_DOAN_RV", ""))[:500]
    written = [("main", "MA_BENH_CHINH", raw) for raw in split_codes(fields.get("MA_BENH_CHINH", ""))[:1]]
    written += [("secondary", "MA_BENH_KT", raw) for raw in split_codes(fields.get("MA_BENH_KT", ""))]
    found: dict[str, Diagnosis] = {}
    faults = []
    for role, field, raw in written:
        code = normalise_icd(raw)
        if code:
            display = words if role == "main" and words else code
            found.setdefault(code, Diagnosis(role, code, raw[:20], display))
        else:
            message = Phrase("“{code}” không phải mã ICD-10.", code=raw[:20])
            faults.append(Fault("icd-format", message, field, "condition"))
    return tuple(found.values()), tuple(faults)


def _notices(fields: Mapping[str, str], diagnoses: tuple[Diagnosis, ...]) -> tuple[str, ...]:
    """Sources differ on some lengths, so a longer text is a notice and never a refusal."""
    lengths = field_lengths("XML1")
    notices = [f"length:{name}" for name, text in fields.items() if len(text) > lengths.get(name, len(text))]
    if not any(one.role == "main" for one in diagnoses):
        notices.append("main-diagnosis-missing")
    return tuple(notices)
