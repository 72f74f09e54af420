"""Results of the record that a programme looked at and did not take, and why."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from records.models import Observation
from registry.models import AppendOnly, Uuid7Model
from screening.models.enrolments import Enrolment
from screening.models.programmes import ProgrammeVersion


class SetAside(Uuid7Model, AppendOnly):
    """A result of the record that did not become one of the enrolment's, judged by that version; it is not looked at again.

    action: which of the version's it would have been. Some reasons want a person's eye and stand among the exceptions
    until the result is entered, corrected or overtaken; the others (SILENT) are as they should be.
    """

    class Reason(models.TextChoices):
        WORD = "word", "Chữ kết quả không có trong phiên bản của chương trình"
        NUMBER = "number", "Kết quả là con số, phiên bản chỉ biết kết quả bằng chữ"
        UNIT = "unit", "Đơn vị đo khác đơn vị của chương trình"
        RANGE = "range", "Con số ngoài khoảng đo được"
        OTHER_THAT_DAY = "other-that-day", "Khác kết quả đã có của cùng ngày"
        CEASED = "ceased", "Dương tính ở người đã ngừng tham gia"
        SAME = "same", "Đã có kết quả này"
        OLDER = "older", "Đã có kết quả mới hơn"
        LEFT = "left", "Người đã ngừng tham gia"
        NOT_ASKED = "not-asked", "Không phải xét nghiệm đang chờ của người này"

    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="+")
    observation = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="+")
    version = models.ForeignKey(ProgrammeVersion, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=30)
    reason = models.CharField(max_length=14, choices=Reason.choices)
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(
                F("enrolment"),
                condition=Q(reason__in=["word", "number", "unit", "range", "other-that-day", "ceased"]),
                name="set_aside_to_look_at",
            )
        ]
        constraints = [
            models.UniqueConstraint(fields=["observation", "enrolment", "version"], name="set_aside_once_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.reason} {self.observation_id}"


LOUD = (
    SetAside.Reason.WORD,
    SetAside.Reason.NUMBER,
    SetAside.Reason.UNIT,
    SetAside.Reason.RANGE,
    SetAside.Reason.OTHER_THAT_DAY,
    SetAside.Reason.CEASED,
)
