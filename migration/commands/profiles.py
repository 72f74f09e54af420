"""Profiles and sources as rows: the built-in profiles are written down the first time somebody uses them."""

from __future__ import annotations

from migration.models import MappingProfile, Source
from migration.rules.profiles import BUILT_IN, Profile
from registry.kernel import Refused
from registry.rules.phrases import Phrase


def profile_row(name: str) -> MappingProfile:
    """The newest active version of a profile; raises Refused(profile-unknown)."""
    row = MappingProfile.objects.filter(name=name, active=True).order_by("-version").first()
    built_in = BUILT_IN.get(name)
    if row is None and built_in:
        row, _ = MappingProfile.objects.get_or_create(
            name=name, version=built_in.version, defaults={"title": built_in.title, "spec": built_in.to_json()}
        )
    if row is None:
        known = ", ".join(BUILT_IN)
        message = Phrase("Không có hồ sơ ánh xạ “{name}”. Các hồ sơ có sẵn: {known}.", name=name[:40], known=known)
        raise Refused("profile-unknown", message, "profile")
    return row


def as_profile(row: MappingProfile) -> Profile:
    """The rules' view of a stored version."""
    return Profile.from_json(row.name, row.title, row.version, row.spec)


def source_row(facility_id: int, profile: Profile) -> Source:
    """The facility's old system this kind of file comes from."""
    row, _ = Source.objects.get_or_create(
        facility_id=facility_id, name=Phrase("Hệ thống cũ ({system})", system=profile.system)
    )
    return row
