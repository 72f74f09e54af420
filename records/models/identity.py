"""Identity: what facilities stated, and the people those statements are linked to.

A source record is immutable. A person is the set of records linked to it; the patient row is their projection by
survivorship rules. A merge adds link events and copies nothing, so an unmerge is exact.
"""

from __future__ import annotations

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Right

from registry.models import AppendOnly, Facility, Uuid7Model


class Sex(models.TextChoices):
    """FHIR AdministrativeGender; GIOI_TINH 1, 2, 3 at the XML edge."""

    MALE = "male", "Nam"
    FEMALE = "female", "Nữ"
    UNKNOWN = "unknown", "Chưa xác định"


class Initials(models.Func):
    """First letters of a folded name: "nguyen thi an" is "nta". An expression, so that no writer has to know of it."""

    function = "regexp_replace"
    template = r"%(function)s(%(expressions)s, '(\S)\S*\s*', '\1', 'g')"
    output_field = models.CharField()


class Precision(models.TextChoices):
    """How much of a date is known; what is unknown is stored as 1 January or the 1st."""

    DAY = "day", "đủ ngày"
    MONTH = "month", "tháng và năm"
    YEAR = "year", "chỉ năm"


class Demographics(models.Model):
    """What is said of a person: name in full, birth with its precision, sex, where they live, how to reach them.

    name_key is the folded name; given_key and family_key its last and first words; sort_key orders by given name
    in the Vietnamese alphabet under "C" collation. All four are computed in Python (registry.rules.text).
    """

    name = models.CharField(max_length=255)
    name_key = models.CharField(max_length=255)
    given_key = models.CharField(max_length=60)
    family_key = models.CharField(max_length=60)
    sort_key = models.CharField(max_length=600)
    birth_date = models.DateField()
    birth_precision = models.CharField(max_length=5, choices=Precision.choices, default=Precision.DAY)
    sex = models.CharField(max_length=7, choices=Sex.choices)
    phone = models.CharField(max_length=15, blank=True)
    address = models.CharField(max_length=500, blank=True)
    ward_code = models.CharField(max_length=5, blank=True)  # the code as of the day it was stated
    ward_name = models.CharField(max_length=120, blank=True)
    deceased_on = models.DateField(null=True)

    class Meta:
        abstract = True


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(), append_only=True)
class Patient(Uuid7Model, Demographics):
    """A resident (FHIR Patient): the golden record, a projection of the source records linked to it.

    merged_into: set while this person's records are all linked to another; its number stays as an alias.
    """

    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, related_name="aliases")
    version = models.IntegerField(default=1)
    created_at = models.DateTimeField()
    changed_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(F("given_key"), F("family_key"), F("birth_date"), F("id"), name="patient_given_family_birth"),
            models.Index(F("given_key"), F("birth_date"), F("id"), name="patient_given_birth"),
            models.Index(F("name_key"), F("birth_date"), F("id"), name="patient_name_birth"),
            models.Index(F("birth_date"), F("name_key"), name="patient_birth_name"),
            models.Index(
                F("ward_code"), F("birth_date"), F("id"), name="patient_ward_birth", condition=~Q(ward_code="")
            ),
            models.Index(Right("phone", 6), F("phone"), name="patient_phone_tail", condition=~Q(phone="")),
            models.Index(Right("phone", 4), F("given_key"), name="patient_phone_given", condition=~Q(phone="")),
            models.Index(Initials("name_key"), F("birth_date"), F("id"), name="patient_initials_birth"),
            models.Index(
                F("ward_code"), F("given_key"), F("birth_date"), name="patient_ward_given", condition=~Q(ward_code="")
            ),
        ]
        constraints = [
            models.CheckConstraint(condition=~Q(name=""), name="patient_has_a_name"),
            models.CheckConstraint(condition=~Q(merged_into=F("id")), name="patient_not_merged_into_itself"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class SourceRecord(Uuid7Model, AppendOnly, Demographics):
    """What one facility or system said about a person, once. Corrections are new records.

    channel: form, api, import, demo. key: the sender's own number of the person (MA_BN), empty when there is none.
    content_hash: SHA-256 of what was stated, so the same statement twice is one record. raw: as received.
    """

    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=10)
    system = models.CharField(max_length=20, default="ehr")
    key = models.CharField(max_length=100, blank=True)
    content_hash = models.CharField(max_length=64)
    raw = models.JSONField(default=dict)
    batch_id = models.UUIDField(null=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(F("given_key"), F("family_key"), F("birth_date"), name="source_record_names")]
        constraints = [
            models.UniqueConstraint(
                fields=["facility", "system", "key", "content_hash"], condition=~Q(key=""), name="source_record_once"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(), append_only=True)
class RecordLink(models.Model):
    """Which person a source record belongs to today: one row per record, rewritten only together with a LinkEvent.

    home: the person it was written under, while a merge lends that person's records to another; None: it is at home.
    """

    record = models.OneToOneField(SourceRecord, on_delete=models.PROTECT, primary_key=True, related_name="link")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="links")
    home = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(home=F("patient")), name="record_lent_to_another")]

    def __str__(self) -> str:
        return f"{self.record_id} → {self.patient_id}"


class LinkEvent(Uuid7Model, AppendOnly):
    """A record was linked to a person, moved with a merge, or given to another home. by: staff or model; reason in words or
    weights, model: the version of the weights. previous and patient: of a move who held and who holds it; of a gift its old
    and its new home.
    """

    class Action(models.TextChoices):
        LINKED = "linked", "gắn"
        MOVED = "moved", "chuyển"
        GIVEN = "given", "trả lại"

    record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="link_events")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    previous = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")
    action = models.CharField(max_length=6, choices=Action.choices)
    by = models.CharField(max_length=80)
    reason = models.CharField(max_length=300)
    weight = models.FloatField(null=True)
    model = models.CharField(max_length=60, blank=True, default="")
    at = models.DateTimeField()

    class Meta(AppendOnly.Meta):
        indexes = [models.Index(fields=["record", "at"], name="link_event_record")]

    def __str__(self) -> str:
        return f"{self.action} {self.record_id}"


class IdentifierKind(models.TextChoices):
    """Kinds of personal numbers (FHIR Identifier.type)."""

    CCCD = "cccd", "CCCD"
    CMND = "cmnd", "CMND"
    BHYT = "bhyt", "Thẻ BHYT"
    SOCIAL_INSURANCE = "bhxh", "Mã số BHXH"
    PASSPORT = "passport", "Hộ chiếu"
    VNEID = "vneid", "Tài khoản VNeID"
    FACILITY_NUMBER = "facility", "Mã người bệnh của cơ sở"


@pghistory.track(pghistory.UpdateEvent(row=pghistory.Old), pghistory.DeleteEvent(), append_only=True)
class PatientIdentifier(Uuid7Model):
    """A number somebody gave a person. The national number is a matching key and never unique (it has no check digit,
    may be cancelled or reissued). value is as stated, value_key normalised for look-up.
    """

    class State(models.TextChoices):
        ACTIVE = "active", "đang dùng"
        OLD = "old", "đã thay"
        DOUBTFUL = "doubtful", "cần xác minh"

    source_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="identifiers")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="identifiers")
    kind = models.CharField(max_length=10, choices=IdentifierKind.choices)
    value = models.CharField(max_length=40)
    value_key = models.CharField(max_length=40)
    issuer = models.CharField(max_length=60, blank=True)
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.ACTIVE)

    class Meta:
        indexes = [
            models.Index(F("value_key"), F("kind"), F("patient"), name="identifier_value"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source_record", "kind", "value_key"], name="identifier_once_a_record"),
            models.CheckConstraint(condition=~Q(value_key=""), name="identifier_not_empty"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class NotSamePerson(Uuid7Model, AppendOnly):
    """Somebody decided that two people are not the same; remembered for good. first < second. model: the version of the
    weights that had found them alike, where one had."""

    first = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    second = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField()
    reason = models.CharField(max_length=300)
    model = models.CharField(max_length=60, blank=True, default="")

    class Meta(AppendOnly.Meta):
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="not_same_once"),
            models.CheckConstraint(condition=Q(first__lt=F("second")), name="not_same_in_order"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id} ≠ {self.second_id}"
