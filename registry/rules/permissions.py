"""Who may do what: permissions and the roles that carry them, as data in one place.

docs/permissions.md shows the same matrix to people; a test keeps the two equal. Roles are names, never ranks: a technician
is not "more than" a nurse.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Permission(StrEnum):
    """One thing a person or a hospital's client may do. The value is what the audit trail stores."""

    RESIDENT_SEARCH = "resident.search"
    RESIDENT_REGISTER = "resident.register"
    RESIDENT_EDIT = "resident.edit"
    RECORD_READ = "record.read"
    RECORD_READ_RESTRICTED = "record.read-restricted"
    RECORD_OPEN_EMERGENCY = "record.open-emergency"
    DOCUMENT_ADD = "document.add"
    ACCESS_REVIEW = "access.review"
    CONSENT_RECORD = "consent.record"
    REQUEST_READ = "request.read"
    REQUEST_RECORD = "request.record"
    REQUEST_HANDLE = "request.handle"
    IDENTITY_REVIEW = "identity.review"
    QUEUE_READ = "queue.read"
    QUEUE_CALL = "queue.call"
    VISIT_CHECK_IN = "visit.check-in"
    APPOINTMENT_BOOK = "appointment.book"
    SCHEDULE_MANAGE = "schedule.manage"
    VISIT_READ = "visit.read"
    VITALS_RECORD = "vitals.record"
    DIAGNOSIS_RECORD = "diagnosis.record"
    VISIT_CLOSE = "visit.close"
    STAY_READ = "stay.read"
    STAY_ADMIT = "stay.admit"
    STAY_CARE = "stay.care"
    HISTORY_RECORD = "history.record"
    IMMUNIZATION_RECORD = "immunization.record"
    EXAMINATION_RECORD = "examination.record"
    REPORT_RECORD = "report.record"
    ORDER_READ = "order.read"
    ORDER_PLACE = "order.place"
    SPECIMEN_TAKE = "specimen.take"
    RESULT_VERIFY = "result.verify"
    CRITICAL_ACKNOWLEDGE = "critical.acknowledge"
    SERVICE_SET_UP = "service.set-up"
    MEDICATION_RECORD = "medication.record"
    PRESCRIPTION_READ = "prescription.read"
    PRESCRIPTION_SIGN = "prescription.sign"
    MEDICINE_DISPENSE = "medicine.dispense"
    STOCK_MANAGE = "stock.manage"
    COVERAGE_RECORD = "coverage.record"
    BILLING_READ = "billing.read"
    BILLING_CHARGE = "billing.charge"
    BILLING_PAY = "billing.pay"
    CLAIM_READ = "claim.read"
    CLAIM_PREPARE = "claim.prepare"
    PRICE_MANAGE = "price.manage"
    SCREENING_READ = "screening.read"
    SCREENING_ENROL = "screening.enrol"
    SCREENING_TEST = "screening.test"
    SCREENING_ASSESS = "screening.assess"
    SCREENING_OVERSEE = "screening.oversee"
    IMPORT_READ = "import.read"
    IMPORT_RUN = "import.run"
    IMPORT_APPROVE = "import.approve"
    REFERENCE_MANAGE = "reference.manage"
    STAFF_MANAGE = "staff.manage"
    AUDIT_READ = "audit.read"
    GALLERY_READ = "gallery.read"
    API_METADATA = "api.metadata"
    API_PATIENT_READ = "api.patient-read"
    API_RESULT_SEND = "api.result-send"


class Role(StrEnum):
    """A role somebody holds at a facility for a period; hospital clients hold API_CLIENT."""

    RECEPTIONIST = "receptionist"
    NURSE = "nurse"
    DOCTOR = "doctor"
    TECHNICIAN = "technician"
    PHARMACIST = "pharmacist"
    CASHIER = "cashier"
    SCREENING_COORDINATOR = "screening-coordinator"
    MIGRATION_OPERATOR = "migration-operator"
    CITY_ADMINISTRATOR = "city-administrator"
    API_CLIENT = "api-client"
    SYSTEM = "system"


ROLE_NAMES: Mapping[Role, str] = {
    Role.RECEPTIONIST: "Lễ tân",
    Role.NURSE: "Y tá, điều dưỡng",
    Role.DOCTOR: "Bác sĩ",
    Role.TECHNICIAN: "Kỹ thuật viên",
    Role.PHARMACIST: "Dược sĩ",
    Role.CASHIER: "Thu ngân",
    Role.SCREENING_COORDINATOR: "Điều phối tầm soát",
    Role.MIGRATION_OPERATOR: "Cán bộ di trú dữ liệu",
    Role.CITY_ADMINISTRATOR: "Quản trị Sở Y tế",
    Role.API_CLIENT: "Hệ thống bệnh viện",
    Role.SYSTEM: "Hệ thống",
}

_P = Permission

ROLE_PERMISSIONS: Mapping[Role, frozenset[Permission]] = {
    Role.RECEPTIONIST: frozenset(
        {
            _P.RESIDENT_SEARCH,
            _P.RESIDENT_REGISTER,
            _P.CONSENT_RECORD,
            _P.REQUEST_READ,
            _P.REQUEST_RECORD,
            _P.RESIDENT_EDIT,
            _P.QUEUE_READ,
            _P.QUEUE_CALL,
            _P.VISIT_CHECK_IN,
            _P.APPOINTMENT_BOOK,
            _P.SCHEDULE_MANAGE,
            _P.VISIT_READ,
            _P.COVERAGE_RECORD,
            _P.GALLERY_READ,
        }
    ),
    Role.NURSE: frozenset(
        {
            _P.RESIDENT_SEARCH,
            _P.RESIDENT_REGISTER,
            _P.RESIDENT_EDIT,
            _P.RECORD_READ,
            _P.DOCUMENT_ADD,
            _P.RECORD_OPEN_EMERGENCY,
            _P.CONSENT_RECORD,
            _P.REQUEST_READ,
            _P.REQUEST_RECORD,
            _P.QUEUE_READ,
            _P.QUEUE_CALL,
            _P.VISIT_CHECK_IN,
            _P.APPOINTMENT_BOOK,
            _P.SCHEDULE_MANAGE,
            _P.VISIT_READ,
            _P.COVERAGE_RECORD,
            _P.VITALS_RECORD,
            _P.STAY_READ,
            _P.STAY_CARE,
            _P.HISTORY_RECORD,
            _P.IMMUNIZATION_RECORD,
            _P.ORDER_READ,
            _P.SPECIMEN_TAKE,
            _P.SCREENING_READ,
            _P.SCREENING_ENROL,
            _P.SCREENING_TEST,
            _P.GALLERY_READ,
        }
    ),
    Role.DOCTOR: frozenset(
        {
            _P.RESIDENT_SEARCH,
            _P.RESIDENT_EDIT,
            _P.RECORD_READ,
            _P.RECORD_READ_RESTRICTED,
            _P.DOCUMENT_ADD,
            _P.RECORD_OPEN_EMERGENCY,
            _P.CONSENT_RECORD,
            _P.REQUEST_READ,
            _P.REQUEST_RECORD,
            _P.REQUEST_HANDLE,
            _P.QUEUE_READ,
            _P.QUEUE_CALL,
            _P.APPOINTMENT_BOOK,
            _P.VISIT_READ,
            _P.VITALS_RECORD,
            _P.DIAGNOSIS_RECORD,
            _P.VISIT_CLOSE,
            _P.STAY_READ,
            _P.STAY_ADMIT,
            _P.STAY_CARE,
            _P.HISTORY_RECORD,
            _P.IMMUNIZATION_RECORD,
            _P.EXAMINATION_RECORD,
            _P.REPORT_RECORD,
            _P.ORDER_READ,
            _P.ORDER_PLACE,
            _P.RESULT_VERIFY,
            _P.CRITICAL_ACKNOWLEDGE,
            _P.MEDICATION_RECORD,
            _P.PRESCRIPTION_READ,
            _P.PRESCRIPTION_SIGN,
            _P.SCREENING_READ,
            _P.SCREENING_ENROL,
            _P.SCREENING_ASSESS,
            _P.GALLERY_READ,
        }
    ),
    Role.TECHNICIAN: frozenset(
        {
            _P.RESIDENT_SEARCH,
            _P.RECORD_READ,
            _P.DOCUMENT_ADD,
            _P.QUEUE_READ,
            _P.VISIT_READ,
            _P.REPORT_RECORD,
            _P.ORDER_READ,
            _P.SPECIMEN_TAKE,
            _P.RESULT_VERIFY,
            _P.SERVICE_SET_UP,
            _P.SCREENING_READ,
            _P.SCREENING_TEST,
            _P.GALLERY_READ,
        }
    ),
    Role.PHARMACIST: frozenset(
        {
            _P.RESIDENT_SEARCH,
            _P.RECORD_READ,
            _P.QUEUE_READ,
            _P.VISIT_READ,
            _P.PRESCRIPTION_READ,
            _P.MEDICINE_DISPENSE,
            _P.STOCK_MANAGE,
            _P.GALLERY_READ,
        }
    ),
    Role.CASHIER: frozenset(
        {
            _P.RESIDENT_SEARCH,
            _P.QUEUE_READ,
            _P.VISIT_READ,
            _P.COVERAGE_RECORD,
            _P.BILLING_READ,
            _P.BILLING_CHARGE,
            _P.BILLING_PAY,
            _P.CLAIM_READ,
            _P.CLAIM_PREPARE,
            _P.PRICE_MANAGE,
            _P.GALLERY_READ,
        }
    ),
    Role.SCREENING_COORDINATOR: frozenset(
        {
            _P.RESIDENT_SEARCH,
            _P.RECORD_READ,
            _P.DOCUMENT_ADD,
            _P.RECORD_OPEN_EMERGENCY,
            _P.CONSENT_RECORD,
            _P.SCREENING_READ,
            _P.SCREENING_ENROL,
            _P.SCREENING_TEST,
            _P.SCREENING_ASSESS,
            _P.GALLERY_READ,
        }
    ),
    Role.MIGRATION_OPERATOR: frozenset({_P.IMPORT_READ, _P.IMPORT_RUN, _P.RESIDENT_REGISTER, _P.GALLERY_READ}),
    Role.CITY_ADMINISTRATOR: frozenset(
        {
            _P.ACCESS_REVIEW,
            _P.REQUEST_READ,
            _P.REQUEST_HANDLE,
            _P.IDENTITY_REVIEW,
            _P.SCREENING_READ,
            _P.SCREENING_OVERSEE,
            _P.IMPORT_READ,
            _P.IMPORT_APPROVE,
            _P.REFERENCE_MANAGE,
            _P.STAFF_MANAGE,
            _P.AUDIT_READ,
            _P.GALLERY_READ,
        }
    ),
    Role.API_CLIENT: frozenset(
        {_P.API_METADATA, _P.API_PATIENT_READ, _P.API_RESULT_SEND, _P.RESIDENT_SEARCH, _P.RECORD_READ}
    ),
    Role.SYSTEM: frozenset(Permission),
}


def permissions_of(role: Role | str) -> frozenset[Permission]:
    """The permissions a role carries; an unknown role carries none."""
    try:
        return ROLE_PERMISSIONS[Role(role)]
    except ValueError:
        return frozenset()
