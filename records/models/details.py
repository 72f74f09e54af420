"""What a statement adds about somebody for the form's administrative part (QĐ 831/QĐ-BYT, THONGTINCHUNG)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from records.models.identity import SourceRecord
from registry.models import AppendOnly, Uuid7Model


class StatementDetails(Uuid7Model, AppendOnly):
    """The rest of one source record, written with it and as immutable; none where it said nothing of this.

    The golden details are projected when they are read (records.rules.details.project_details: of each field the
    newest statement that says anything), so no copy has to follow a merge, and the tables of search and loading stay
    narrow. Where somebody lives now is in Demographics (address, ward_code); permanent_* is where they
    are registered. A code is as of the day it was stated; text beside a code is what was said when no code fits.
    """

    source_record = models.OneToOneField(SourceRecord, on_delete=models.PROTECT, related_name="details")
    occupation_code = models.CharField(max_length=5, blank=True)  # MANGHENGHIEP, QĐ 34/2020/QĐ-TTg
    occupation = models.CharField(max_length=150, blank=True)
    ethnicity_code = models.CharField(max_length=2, blank=True)  # MADANTOC, list 121-TCTK/PPCĐ
    ethnicity = models.CharField(max_length=60, blank=True)
    nationality_code = models.CharField(max_length=3, blank=True)  # MAQUOCTICH
    nationality = models.CharField(max_length=60, blank=True)
    religion_code = models.CharField(max_length=2, blank=True)  # MATONGIAO 1..16
    religion = models.CharField(max_length=60, blank=True)
    blood_abo = models.CharField(max_length=2, blank=True)  # A, B, AB, O
    blood_rh = models.CharField(max_length=1, blank=True)  # + or -
    email = models.CharField(max_length=254, blank=True)
    landline = models.CharField(max_length=15, blank=True)  # DIENTHOAI_CD
    birth_province_code = models.CharField(max_length=2, blank=True)  # MATINH_KHAISINH
    birth_province = models.CharField(max_length=60, blank=True)
    hamlet = models.CharField(max_length=100, blank=True)  # MATHONXOM_HIENTAI: no published code list, so in words
    permanent_address = models.CharField(max_length=500, blank=True)
    permanent_hamlet = models.CharField(max_length=100, blank=True)
    permanent_ward_code = models.CharField(max_length=5, blank=True)
    permanent_ward_name = models.CharField(max_length=120, blank=True)
    permanent_province_code = models.CharField(max_length=2, blank=True)
    household_number = models.CharField(max_length=30, blank=True)  # MAHO_GIADINH
    member_number = models.CharField(max_length=30, blank=True)  # MA_NHANKHAU
    head_relationship = models.CharField(max_length=10, blank=True)  # QUANHE_CHUHO: v3-RoleCode, ONESELF for the head

    class Meta(AppendOnly.Meta):
        indexes = [
            models.Index(fields=["household_number"], name="details_household", condition=~Q(household_number="")),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(blood_abo__in=["", "A", "B", "AB", "O"]), name="details_blood_abo"),
            models.CheckConstraint(condition=Q(blood_rh__in=["", "+", "-"]), name="details_blood_rh"),
        ]

    def __str__(self) -> str:
        return str(self.id)
