"""Loading the demonstration city: everything in one transaction, one audit row, once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from random import Random

from django.utils import timezone

from hanoi_ehr.demo.commands import money, morning, organisation, scenes, ward
from hanoi_ehr.demo.commands.care import CareWriter
from hanoi_ehr.demo.commands.residents import Writer, compose
from hanoi_ehr.demo.people import residents
from registry.kernel import Context, Permission, command, query, record_audit
from registry.models import AdministrativeUnit, Concept, Facility

SEED = 20_250_701
RESIDENTS = 5_000
Say = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was written: rows per table."""

    counts: dict[str, int]


@query(Permission.REFERENCE_MANAGE, audited=False)
def is_loaded(ctx: Context) -> bool:
    """Whether the demonstration city stands."""
    return Facility.objects.filter(source=organisation.SOURCE).exists()


@query(Permission.REFERENCE_MANAGE, audited=False)
def has_reference(ctx: Context) -> bool:
    """Whether wards and code lists are there."""
    return AdministrativeUnit.objects.exists() and Concept.objects.exists()


@command(Permission.REFERENCE_MANAGE)
def load_city(ctx: Context, *, count: int, seed: int, say: Say) -> Loaded:
    """Write the city of this seed as of the context's day: facilities, accounts, `count` residents with histories."""
    today: date = timezone.localdate(ctx.at)
    facilities = organisation.make_facilities(today)
    organisation.make_accounts(facilities)
    organisation.make_client(facilities)
    say("Facility", len(facilities))
    city = compose(residents(seed, count, today), seed, today)
    writer = Writer(city, facilities, seed, ctx.at, say)
    counts = writer.write()
    counts |= CareWriter(writer, seed, today).write(say)
    desk = scenes.Desk.of(city, ctx.at)
    counts["Enrolment"] = scenes.open_programme(desk)
    say("Enrolment", counts["Enrolment"])
    counts["Invitation"] = scenes.invite(desk)
    say("Invitation", counts["Invitation"])
    counts["Visit"] = scenes.open_day(desk, Random(f"day-{seed}"))
    say("Visit", counts["Visit"])
    for table, rows in morning.open_morning(desk, Random(f"morning-{seed}")):
        counts[table] = rows
        say(table, rows)
    for table, rows in ward.open_ward(desk):
        counts[table] = rows
        say(table, rows)
    counts["Bill"] = money.open_till(desk)
    say("Bill", counts["Bill"])
    record_audit(ctx, "load-demo", target=("DemoCity", seed), detail={"residents": count, **counts})
    return Loaded(counts)


@query(Permission.STAFF_MANAGE, audited=False)
def secrets_fit(ctx: Context) -> bool:
    """Whether the accounts answer to the environment's password and keys."""
    return organisation.secrets_fit()


@command(Permission.STAFF_MANAGE)
def renew_secrets(ctx: Context) -> None:
    """Make accounts fit the environment's password and keys again."""
    organisation.renew_secrets()
    record_audit(ctx, "renew-demo-secrets", target=("DemoCity", ""))
