"""People on their way through the FIT programme, by the real commands."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from records.models import Patient
from registry.models import AdministrativeUnit
from screening.commands.enrolment import enrol
from screening.commands.kits import issue_kit, record_kit_return
from screening.commands.results import record_result
from screening.models import Enrolment, Kit, Result
from tests.factories.city import NOW, City
from tests.factories.residents import make_resident

_numbers = count(1)


def kit_number() -> str:
    """A number nobody has used."""
    return f"FIT-{next(_numbers):06d}"


@dataclass
class Ward:
    """A city whose clinic `here` looks after Phường Kim Liên, at a moment of its own."""

    city: City
    at: datetime = NOW

    def ctx(self, username: str = "sang.loc") -> Any:
        """Somebody's context at the ward's moment."""
        return self.city.ctx(username, self.at)

    def later(self, **span: int) -> None:
        """Let time pass."""
        self.at += timedelta(**span)

    def person(self, **more: Any) -> Patient:
        """A resident of the ward whose record is not open at the clinic."""
        return make_resident(more.pop("facility", self.city.elsewhere), at=self.at - timedelta(days=1), **more)

    def enrolled(self, **more: Any) -> Enrolment:
        """A resident of the ward in the programme."""
        return enrol(self.ctx(), patient_id=self.person(**more).pk)

    def with_kit(self, enrolment: Enrolment | None = None) -> Kit:
        """A kit handed out and returned a minute later."""
        enrolment = enrolment or self.enrolled()
        kit = issue_kit(self.ctx(), enrolment_id=enrolment.pk, number=kit_number())
        self.later(minutes=1)
        return record_kit_return(self.ctx(), kit_id=kit.pk)

    def resulted(self, value: str, enrolment: Enrolment | None = None) -> Result:
        """A result of so many µg/g."""
        kit = self.with_kit(enrolment)
        self.later(minutes=1)
        return record_result(self.ctx(), kit_id=kit.pk, value=Decimal(value))

    def positive(self, **more: Any) -> Enrolment:
        """An enrolment whose FIT was positive."""
        return self.resulted("57.5", self.enrolled(**more)).episode.enrolment


def stored(kit: Kit, ward: Ward, **more: Any) -> Result:
    """A kit's result written past every command, as a broken import would leave it."""
    return Result.objects.create(
        episode=kit.episode,
        kit=kit,
        action="fit",
        kind="test",
        performed_on=ward.at.date(),
        cut_off=20,
        at=ward.at,
        **more,
    )


def kim_lien() -> AdministrativeUnit:
    """The ward of today."""
    unit, _ = AdministrativeUnit.objects.get_or_create(
        level=AdministrativeUnit.Level.COMMUNE,
        code="00229",
        valid_from=date(2025, 7, 1),
        defaults={"name": "Phường Kim Liên", "name_key": "phuong kim lien", "kind": "phường"},
    )
    return unit


def make_ward(city: City) -> Ward:
    """Give the clinic its ward."""
    city.here.unit = kim_lien()
    city.here.save(update_fields=["unit"])
    return Ward(city)


def somebody() -> uuid.UUID:
    """The number of nobody."""
    return uuid.uuid4()
