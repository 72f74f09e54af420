"""Facilities, accounts and the hospital's OAuth client of the demonstration city."""

from __future__ import annotations

from datetime import date

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import check_password, make_password
from oauth2_provider.models import get_application_model

from hanoi_ehr.demo import credentials
from hanoi_ehr.demo.facilities import ACCOUNTS, HOSPITAL, PLACES, Account, Place
from registry.models import AdministrativeUnit, ApiClient, Assignment, Department, Facility, Room, Staff
from registry.rules.names import sort_key
from registry.rules.permissions import Role
from registry.rules.text import fold

SINCE = date(2025, 7, 1)  # the day Hanoi's 126 wards came into force
SOURCE = "demo"


def make_facilities(today: date) -> dict[str, Facility]:
    """The twelve facilities by code, with departments and rooms."""
    wards = AdministrativeUnit.objects.on(today).filter(level=AdministrativeUnit.Level.COMMUNE)
    units = {unit.code: unit for unit in wards.filter(code__in=[place.ward_code for place in PLACES])}
    found = {}
    for place in PLACES:
        found[place.code] = facility = _facility(place, units.get(place.ward_code))
        _departments(facility, place)
    return found


def _facility(place: Place, unit: AdministrativeUnit | None) -> Facility:
    return Facility.objects.create(
        code=place.code, gln=place.gln, name=place.name, short_name=place.short_name, name_key=fold(place.name),
        kind=place.kind, care_level=place.care_level, unit=unit, address=place.address, source=SOURCE, valid_from=SINCE,
    )  # fmt: skip


def _departments(facility: Facility, place: Place) -> None:
    departments = Department.objects.bulk_create(
        Department(facility=facility, code=code, name=name)
        for code, _, name in (text.partition(":") for text in place.departments)
    )
    Room.objects.bulk_create(
        Room(facility=facility, department=departments[-1] if code == "P9" else departments[0], code=code, name=name)
        for code, _, name in (text.partition(":") for text in place.rooms)
    )


def make_accounts(facilities: dict[str, Facility]) -> dict[str, Staff]:
    """One account per role and the stranger; all share one password, administrators also have a second factor."""
    hashed = make_password(credentials.password())  # Argon2 once, not ten times
    staff = {}
    for account in ACCOUNTS:
        staff[account.username] = person = Staff.objects.create(
            username=account.username, full_name=account.full_name, sort_key=sort_key(account.full_name)[:200],
            licence_number=account.licence, password=hashed,
        )  # fmt: skip
        _assign(person, account, facilities)
        if account.role is Role.CITY_ADMINISTRATOR:
            TOTP.activate(person, credentials.totp_secret(account.username))
    return staff


def _assign(person: Staff, account: Account, facilities: dict[str, Facility]) -> None:
    room = Room.objects.filter(facility=facilities[account.facility], code=account.room).first()
    Assignment.objects.create(
        staff=person, facility=facilities[account.facility], role=account.role, room=room,
        department=room.department if room else None, valid_from=SINCE,
    )  # fmt: skip
    for code in account.also:
        Assignment.objects.create(staff=person, facility=facilities[code], role=account.role, valid_from=SINCE)


def secrets_fit() -> bool:
    """Whether the accounts still answer to this environment's password and keys: one account tells for all."""
    sample = Staff.objects.get(username=ACCOUNTS[0].username)
    client = get_application_model().objects.get(client_id=credentials.OAUTH_CLIENT)
    return sample.check_password(credentials.password()) and check_password(
        credentials.client_secret(), client.client_secret
    )


def renew_secrets() -> None:
    """Set passwords, second factors and the client's secret again after EHR_DEMO_PASSWORD or SECRET_KEY changed."""
    names = [account.username for account in ACCOUNTS]
    Staff.objects.filter(username__in=names).update(password=make_password(credentials.password()))
    for account in ACCOUNTS:
        if account.role is Role.CITY_ADMINISTRATOR:
            person = Staff.objects.get(username=account.username)
            Authenticator.objects.filter(user=person, type=Authenticator.Type.TOTP).delete()
            TOTP.activate(person, credentials.totp_secret(account.username))
    application = get_application_model().objects.get(client_id=credentials.OAUTH_CLIENT)
    application.client_secret = credentials.client_secret()
    application.save()


def make_client(facilities: dict[str, Facility]) -> None:
    """The hospital's software: an OAuth application with client credentials, standing in its facility."""
    applications = get_application_model()
    applications.objects.create(
        client_id=credentials.OAUTH_CLIENT, client_secret=credentials.client_secret(), name=facilities[HOSPITAL].short_name,
        client_type=applications.CLIENT_CONFIDENTIAL, authorization_grant_type=applications.GRANT_CLIENT_CREDENTIALS,
    )  # fmt: skip
    ApiClient.objects.create(client_id=credentials.OAUTH_CLIENT, facility=facilities[HOSPITAL])
