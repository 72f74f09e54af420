"""Where somebody is sent on to: shared by the endings of stays and of outpatient visits."""

from __future__ import annotations

from clinics.commands.steps import refused
from clinics.queries.scope import facility_of
from clinics.rules.referrals import REFERRED, referral_faults
from registry.kernel import Context, Refused
from registry.models import Facility


def facility_to(ctx: Context, discharge: str, code: str) -> tuple[Facility | None, list[Refused]]:
    """The facility of that code where the ending is a referral; Refused at "referred_to" for one that is not another."""
    if discharge not in REFERRED or not code.strip():
        return None, []
    found = Facility.objects.filter(code=code.strip().upper()).exclude(pk=facility_of(ctx).id).first()
    if found is None:
        return None, [Refused("referred-unknown", "Không có cơ sở nào khác mang mã này.", "referred_to")]
    return found, []


def referral_refusals(discharge: str, referred_to: str, reason: str) -> list[Refused]:
    """What a referral lacks, as refusals."""
    return [refused(one) for one in referral_faults(discharge, referred_to, reason)]
