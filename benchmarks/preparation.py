"""What the questions need in the benchmark's database: a hospital's token, a nurse's session, and people to ask for.

Import after the environment points at the benchmark's database and Django is set up.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import connection
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model, get_application_model

from benchmarks.bare import SIGNER
from benchmarks.csrf import CSRF
from records.models import ReadingLimit
from registry.models import ApiClient, Assignment, Facility, Staff
from registry.rules.permissions import Role

ASKING = "01B01"  # the facility that asks: it treats one in ten of the loaded people


@dataclass(frozen=True, slots=True)
class Sample:
    """A loaded person whose record is open to the asking facility."""

    id: str
    name: str
    name_key: str
    given_key: str
    family_key: str
    birth: date
    cccd: str
    phone: str

    @property
    def given(self) -> str:
        """The given name with its diacritics."""
        return self.name.split()[-1]

    @property
    def family(self) -> str:
        """The family name with its diacritics."""
        return self.name.split()[0]


@dataclass(frozen=True, slots=True)
class Prepared:
    """Headers of both faces, the bare view's token, and people."""

    client_headers: dict[str, str]
    web_headers: dict[str, str]
    bare_headers: dict[str, str]
    people: tuple[Sample, ...]


# An answer shows twenty people: of more namesakes of one birth year nobody in particular need be among them.
_SAMPLE = """
    SELECT p.id::text, p.name, p.name_key, p.given_key, p.family_key, p.birth_date, i.value, p.phone
    FROM records_accessgrant g JOIN registry_facility f ON f.id = g.facility_id AND f.code = %s
    JOIN records_recordlink l ON l.record_id = g.source_record_id JOIN records_patient p ON p.id = l.patient_id
    JOIN records_patientidentifier i ON i.patient_id = p.id AND i.kind = 'cccd'
    WHERE p.birth_precision = 'day' AND (
        SELECT count(*) FROM records_patient q WHERE q.name_key = p.name_key AND q.birth_date
            BETWEEN date_trunc('year', p.birth_date) AND date_trunc('year', p.birth_date) + interval '1 year - 1 day') <= 20
    ORDER BY md5(p.id::text) LIMIT %s
"""


def prepare(people: int = 400) -> Prepared:
    """Make the accounts and draw the people from what was loaded.

    The bench reads more in a minute than any nurse: its limit is lifted, and what counting costs is measured all the same.
    """
    ReadingLimit.objects.filter(role=Role.NURSE).update(stops_at=10**9)
    with connection.cursor() as cursor:
        cursor.execute(_SAMPLE, [ASKING, people])
        drawn = tuple(Sample(*row) for row in cursor.fetchall())
    return Prepared(_client(), _nurse(), {"Authorization": SIGNER.sign("bench")}, drawn)


def _client() -> dict[str, str]:
    applications, token = get_application_model(), "benchmark-token-of-a-throw-away-database"
    application, _ = applications.objects.get_or_create(
        client_id="bench", defaults={
            "client_type": "confidential", "authorization_grant_type": "client-credentials", "name": "bench",
            "client_secret": "x",
        },
    )  # fmt: skip
    ApiClient.objects.get_or_create(client_id="bench", defaults={"facility": Facility.objects.get(code=ASKING)})
    get_access_token_model().objects.filter(application=application).delete()
    get_access_token_model().objects.create(
        application=application, token=token, expires=timezone.now() + timedelta(days=1), scope="system/Patient.rs"
    )
    return {"Authorization": f"Bearer {token}"}


def _nurse() -> dict[str, str]:
    staff, made = Staff.objects.get_or_create(
        username="bench", defaults={"full_name": "Điều dưỡng Đo", "password": "!"}
    )
    if made:
        facility = Facility.objects.get(code=ASKING)
        Assignment.objects.create(staff=staff, facility=facility, role=Role.NURSE, valid_from=date(2025, 7, 1))
    client = Client()
    client.force_login(staff, backend=settings.AUTHENTICATION_BACKENDS[-1])
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    return {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}"}
