"""Finding what a barcode stands for: a kit or a sample, with the person's screening under lock."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from registry.kernel import Context, Refused
from screening.models import Enrolment, Episode, Kit, Sample
from screening.models.kits import KitState

_SHAPE = re.compile(r"[0-9A-Z-]{4,30}")


@dataclass(frozen=True, slots=True)
class Found:
    """A kit or a sample (exactly one), its round, and the enrolment, which is locked until the transaction ends."""

    kit: Kit | None
    sample: Sample | None
    episode: Episode
    enrolment: Enrolment

    @property
    def finished(self) -> bool:
        """Whether its result is here."""
        if self.kit is not None:
            return self.kit.state == KitState.RESULTED
        return self.sample is not None and self.sample.closed_at is not None


def lock_barcode(ctx: Context, number: str) -> Found:
    """Read after the lock. Raises Refused(barcode-unknown)."""
    cleaned = "".join(number.split()).upper()
    enrolment_id = _enrolment_of(cleaned) if _SHAPE.fullmatch(cleaned) else None
    if enrolment_id is None:
        raise Refused("barcode-unknown", "Không có kit hay mẫu nào mang mã này.", "number")
    locked = Enrolment.objects.select_related("programme", "patient").select_for_update(of=("self",), no_key=True)
    enrolment = locked.get(pk=enrolment_id)
    kit = Kit.objects.select_related("episode__version", "result").filter(number=cleaned).first()
    if kit is not None:
        kit.episode.enrolment = enrolment
        return Found(kit, None, kit.episode, enrolment)
    sample = Sample.objects.select_related("episode__version", "result").get(number=cleaned)
    sample.episode.enrolment = enrolment
    return Found(None, sample, sample.episode, enrolment)


def lock_people_of(numbers: Iterable[str]) -> None:
    """Lock everybody these barcodes are of, in one order, so that two files never wait for each other."""
    cleaned = {one for number in numbers if _SHAPE.fullmatch(one := "".join(number.split()).upper())}
    of_kits = Kit.objects.filter(number__in=cleaned).values_list("episode__enrolment_id", flat=True)
    of_samples = Sample.objects.filter(number__in=cleaned).values_list("episode__enrolment_id", flat=True)
    people = {*of_kits, *of_samples}
    list(Enrolment.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=people).order_by("pk"))


def _enrolment_of(number: str) -> uuid.UUID | None:
    kit = Kit.objects.filter(number=number).values_list("episode__enrolment_id", flat=True).first()
    return kit or Sample.objects.filter(number=number).values_list("episode__enrolment_id", flat=True).first()
