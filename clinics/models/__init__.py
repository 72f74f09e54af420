"""The clinic's tables: visits, their states, queue numbers and calls; medicines, prescriptions and the pharmacy; services,
orders, specimens and results; beds and stays."""

from clinics.models.appointments import Appointment, AppointmentSlot, ClosedDay, Schedule
from clinics.models.billing import Charge, InsuranceCoverage, Payment, ReceiptCounter
from clinics.models.claims import ClaimExport, ClaimFile, ClaimSupplement, ExportedClaim, InsuranceProfile
from clinics.models.coding import CodingRule
from clinics.models.formulary import Drug, FormularySwitch
from clinics.models.orders import (
    CriticalAcknowledgement,
    CriticalAlert,
    OrderCounter,
    OrderItem,
    OrderItemStatus,
    ResultEntry,
    ServiceOrder,
    Specimen,
)
from clinics.models.pharmacy import Dispensing, StockLot, StockMovement
from clinics.models.prescriptions import (
    PrescribingSet,
    Prescription,
    PrescriptionDraft,
    PrescriptionEnd,
    PrescriptionLine,
    SafetyOverride,
)
from clinics.models.prices import BaseSalary, PriceList, ServicePrice
from clinics.models.queues import QueueBlock, QueueBlockEnd, QueueCall, QueueCounter, QueueStep, QueueTicket
from clinics.models.result_messages import ResultException, ResultMessage
from clinics.models.safety import SafetySet
from clinics.models.services import Analyte, FacilityService, OrderSet, ReferenceRange, Service
from clinics.models.stays import Bed, DailyOrder, DailySheet, OrderGiven, Stay, StayEnding, StayPlace
from clinics.models.templates import ExaminationTemplate
from clinics.models.visits import SheetSave, Visit, VisitReferral, VisitStatus

__all__ = [
    "Analyte",
    "Appointment",
    "AppointmentSlot",
    "BaseSalary",
    "Bed",
    "Charge",
    "ClaimExport",
    "ClaimFile",
    "ClaimSupplement",
    "ClosedDay",
    "CodingRule",
    "CriticalAcknowledgement",
    "CriticalAlert",
    "DailyOrder",
    "DailySheet",
    "Dispensing",
    "Drug",
    "ExaminationTemplate",
    "ExportedClaim",
    "FacilityService",
    "FormularySwitch",
    "InsuranceCoverage",
    "InsuranceProfile",
    "OrderCounter",
    "OrderGiven",
    "OrderItem",
    "OrderItemStatus",
    "OrderSet",
    "Payment",
    "PrescribingSet",
    "Prescription",
    "PrescriptionDraft",
    "PrescriptionEnd",
    "PrescriptionLine",
    "PriceList",
    "QueueBlock",
    "QueueBlockEnd",
    "QueueCall",
    "QueueCounter",
    "QueueStep",
    "QueueTicket",
    "ReceiptCounter",
    "ReferenceRange",
    "ResultEntry",
    "ResultException",
    "ResultMessage",
    "SafetyOverride",
    "SafetySet",
    "Schedule",
    "Service",
    "ServiceOrder",
    "ServicePrice",
    "SheetSave",
    "Specimen",
    "Stay",
    "StayEnding",
    "StayPlace",
    "StockLot",
    "StockMovement",
    "Visit",
    "VisitReferral",
    "VisitStatus",
]
