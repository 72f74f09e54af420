"""QĐ 831's form as provincial platforms exchange it: every tag has one field here, in the order tags are written.

A field's metadata says where it stands: `tag`, a text; `part`, a group of fields; `many`, any number of groups.

Values are texts exactly as they stand in the file: dates dd/MM/yyyy, codes as numbered on the form. What they mean is
decided where the record is read or written, so that writing what was read gives the same file. Source of the tags: the
classes of a provincial synchronisation client for QĐ 831, 2026 (163 fields); the wording of the annex was not seen.
"""

from records.rules.qd831.form.care import Diagnosis, Dose, Examination, Service, Vaccination
from records.rules.qd831.form.general import General, Relative
from records.rules.qd831.form.history import (
    Ailments,
    Allergy,
    Birth,
    Disabilities,
    Disability,
    Disease,
    History,
    Reproduction,
    RiskFactor,
    Risks,
)
from records.rules.qd831.form.message import Header, HealthRecord, Message, Security

__all__ = [
    "Ailments",
    "Allergy",
    "Birth",
    "Diagnosis",
    "Disabilities",
    "Disability",
    "Disease",
    "Dose",
    "Examination",
    "General",
    "Header",
    "HealthRecord",
    "History",
    "Message",
    "Relative",
    "Reproduction",
    "RiskFactor",
    "Risks",
    "Security",
    "Service",
    "Vaccination",
]
