"""Merges as data: what was joined, by whom, why, and what was taken apart again; and the pairs that wait for a judge."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from records.models.identity import Patient
from records.models.provenance import tracked
from registry.models import AppendOnly, Facility, Uuid7Model


class Merge(Uuid7Model, AppendOnly):
    """Two people were found to be one: the records of `other` and of everybody merged into it belong to `keep`.

    Both stood for themselves at that moment, so the merges that are not undone form trees: whose records somebody holds
    today is decided by them alone, whatever the order in which they are made and undone.
    """

    keep = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merges")
    other = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="merged_by")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    bits = models.FloatField(null=True)  # the matcher's weight of the pair, where it was asked
    model = models.CharField(max_length=60, blank=True, default="")  # by which version of the weights
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("at").desc(), F("id"), name="merge_latest")]
        constraints = [
            models.CheckConstraint(condition=~Q(keep=F("other")), name="merge_of_two"),
            models.CheckConstraint(condition=~Q(reason=""), name="merge_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.keep_id} ← {self.other_id}"


class MergeUndone(Uuid7Model, AppendOnly):
    """A merge was taken back: every record returned to the person it came from."""

    merge = models.OneToOneField(Merge, on_delete=models.PROTECT, related_name="undone")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, null=True, related_name="+")
    reason = models.CharField(max_length=300)
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="unmerge_has_reason")]

    def __str__(self) -> str:
        return str(self.merge_id)


@tracked
class MatchCandidate(Uuid7Model):
    """Two people on file who may be one, waiting for the Department of Health. first < second.

    bits: the matcher's weight; levels: field -> how far it agrees; reasons: in Vietnamese, agreements first; model: the
    version of the weights. state is the latest CandidateDecision, "open" before the first.
    """

    class State(models.TextChoices):
        OPEN = "open", "Chờ xem"
        LATER = "later", "Để sau"
        MERGED = "merged", "Đã gộp"
        NOT_SAME = "not-same", "Không phải một người"

    class FoundBy(models.TextChoices):
        REGISTRATION = "registration", "Đăng ký"
        IMPORT = "import", "Dữ liệu cũ"
        SWEEP = "sweep", "Rà soát hằng đêm"

    first = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    bits = models.FloatField()
    verdict = models.CharField(max_length=10)
    levels = models.JSONField(default=dict)
    reasons = models.JSONField(default=list)
    model = models.CharField(max_length=60, blank=True)
    found_by = models.CharField(max_length=12, choices=FoundBy.choices)
    found_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)

    class Meta:
        indexes = [
            models.Index(F("state"), F("bits").desc(), F("id"), name="candidate_queue"),
            models.Index(F("found_by"), F("state"), F("bits").desc(), F("id"), name="candidate_queue_origin"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="candidate_once_a_pair"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="candidate_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ? {self.second_id}"


class CandidateDecision(Uuid7Model, AppendOnly):
    """What somebody decided about a pair, and why; the latest counts, and "not the same" is final. model: the version of
    the weights the pair stood in the queue under."""

    class Decision(models.TextChoices):
        MERGE = "merge", "Gộp thành một"
        NOT_SAME = "not-same", "Không phải một người"
        LATER = "later", "Để sau"

    candidate = models.ForeignKey(MatchCandidate, on_delete=models.PROTECT, related_name="decisions")
    decision = models.CharField(max_length=8, choices=Decision.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300)
    merge = models.OneToOneField(Merge, on_delete=models.PROTECT, null=True, related_name="decision")
    model = models.CharField(max_length=60, blank=True, default="")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("candidate"), F("at"), name="candidate_decision_of")]
        constraints = [models.CheckConstraint(condition=~Q(reason=""), name="candidate_decision_has_reason")]

    def __str__(self) -> str:
        return f"{self.decision} {self.candidate_id}"
