"""The clinic's tables: visits, their states, queue numbers and calls; medicines, prescriptions and the pharmacy."""

from clinics.models.formulary import Drug, FormularySwitch
from clinics.models.pharmacy import Dispensing, StockLot, StockMovement
from clinics.models.prescriptions import (
    PrescribingSet,
    Prescription,
    PrescriptionDraft,
    PrescriptionEnd,
    PrescriptionLine,
    SafetyOverride,
)
from clinics.models.queues import QueueCall, QueueCounter, QueueTicket
from clinics.models.safety import SafetySet
from clinics.models.visits import Visit, VisitStatus

__all__ = [
    "Dispensing", "Drug", "FormularySwitch", "PrescribingSet", "Prescription", "PrescriptionDraft", "PrescriptionEnd",
    "PrescriptionLine", "QueueCall", "QueueCounter", "QueueTicket", "SafetyOverride", "SafetySet", "StockLot",
    "StockMovement", "Visit", "VisitStatus",
]  # fmt: skip
