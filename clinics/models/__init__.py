"""The clinic's tables: visits, their states, queue numbers and calls; medicines, prescriptions and the pharmacy; services,
orders, specimens and results."""

from clinics.models.appointments import Appointment, AppointmentSlot, ClosedDay, Schedule
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
from clinics.models.queues import QueueBlock, QueueBlockEnd, QueueCall, QueueCounter, QueueStep, QueueTicket
from clinics.models.result_messages import ResultException, ResultMessage
from clinics.models.safety import SafetySet
from clinics.models.services import Analyte, FacilityService, OrderSet, ReferenceRange, Service
from clinics.models.visits import Visit, VisitStatus

__all__ = [
    "Analyte", "Appointment", "AppointmentSlot", "ClosedDay", "CriticalAcknowledgement", "CriticalAlert",
    "Dispensing", "Drug", "FacilityService", "FormularySwitch", "OrderCounter", "OrderItem", "OrderItemStatus",
    "OrderSet", "PrescribingSet", "Prescription", "PrescriptionDraft", "PrescriptionEnd", "PrescriptionLine",
    "QueueBlock", "QueueBlockEnd", "QueueCall", "QueueCounter", "QueueStep", "QueueTicket", "ReferenceRange",
    "ResultEntry", "ResultException", "ResultMessage", "SafetyOverride", "SafetySet", "Schedule", "Service",
    "ServiceOrder", "Specimen", "StockLot", "StockMovement", "Visit", "VisitStatus",
]  # fmt: skip
