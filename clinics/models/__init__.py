"""The clinic's tables: visits, their states, queue numbers and calls."""

from clinics.models.queues import QueueCall, QueueCounter, QueueTicket
from clinics.models.visits import Visit, VisitStatus

__all__ = ["QueueCall", "QueueCounter", "QueueTicket", "Visit", "VisitStatus"]
