"""How somebody was born, and the births somebody gave."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, fields
from decimal import Decimal

from records.rules.history import DELIVERIES
from records.rules.history_checks import About, among, nothing, text
from records.rules.newborn import MOST_AT_ONCE
from records.rules.person import Fault
from registry.rules.phrases import Phrase

MOST = 30  # births, pregnancies: beyond it a slip of the keyboard
BIRTH_WEIGHT_G = (300, 7000)
GESTATION_WEEKS = (20, 44)
TERM_WEEKS = 37  # WHO, fact sheet "Preterm birth": born alive before 37 completed weeks
_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
BIRTH_LENGTH_CM = (Decimal(20), Decimal(65))


@dataclass(frozen=True, slots=True)
class Birth:
    """How somebody was born; None and "" were not asked."""

    delivery: str = text(9)
    preterm: bool | None = None
    asphyxia: bool | None = None
    weight_g: int | None = None
    length_cm: Decimal | None = None
    malformation: str = text(300)
    other: str = text(300)
    gestation_weeks: int | None = None
    birth_order: int | None = None
    born_time: str = text(5)

    def faults(self, about: About) -> Iterator[Fault]:
        """A believable newborn."""
        yield from self._circumstances()
        if self.delivery:
            yield from among(self.delivery, DELIVERIES, "delivery", "Hãy chọn cách đẻ.")
        low, high = BIRTH_WEIGHT_G
        if self.weight_g is not None and not low <= self.weight_g <= high:
            yield Fault("weight", "Cân nặng lúc sinh tính bằng gam, từ 300 đến 7000.", "weight_g")
        short, long = BIRTH_LENGTH_CM
        if self.length_cm is not None and not short <= self.length_cm <= long:
            yield Fault("length", "Chiều dài lúc sinh tính bằng cm, từ 20 đến 65.", "length_cm")
        if self == Birth():
            yield nothing("delivery")

    def _circumstances(self) -> Iterator[Fault]:
        first, last = GESTATION_WEEKS
        if self.gestation_weeks is not None and not first <= self.gestation_weeks <= last:
            yield Fault("gestation", "Tuổi thai tính bằng tuần, từ 20 đến 44.", "gestation_weeks")
        elif self.gestation_weeks and self.preterm is not None and self.preterm != (self.gestation_weeks < TERM_WEEKS):
            yield Fault("preterm", "Đẻ thiếu tháng là dưới 37 tuần: hãy xem lại tuổi thai.", "gestation_weeks")
        if self.birth_order is not None and not 1 <= self.birth_order <= MOST_AT_ONCE:
            yield Fault("birth-order", "Thứ tự sinh từ 1 đến 6.", "birth_order")
        if self.born_time and not _TIME.fullmatch(self.born_time):
            yield Fault("born-time", "Giờ sinh ghi theo 24 giờ, ví dụ 23:50.", "born_time")


@dataclass(frozen=True, slots=True)
class Reproductive:
    """Reproductive health; None was not asked, 0 is an answer."""

    contraception: str = text(200)
    last_pregnancy: str = text(100)
    pregnancies: int | None = None
    miscarriages: int | None = None
    abortions: int | None = None
    births: int | None = None
    vaginal_births: int | None = None
    caesarean_births: int | None = None
    difficult_births: int | None = None
    term_births: int | None = None
    preterm_births: int | None = None
    living_children: int | None = None
    gynaecological: str = text(300)

    def faults(self, about: About) -> Iterator[Fault]:
        """Counts that add up: kinds of births within the births, ends of pregnancies within the pregnancies."""
        if not about.may_bear:
            yield Fault("not-asked-of", "Phần này không hỏi người bệnh nam và trẻ dưới 10 tuổi.", "contraception")
        for one in fields(self):
            value = getattr(self, one.name)
            if isinstance(value, int) and value > MOST:
                yield Fault("count", Phrase("Số lần từ 0 đến {most}.", most=MOST), one.name)
        kinds = (self.vaginal_births, self.caesarean_births, self.difficult_births)
        if self.births is not None and any(kind is not None and kind > self.births for kind in kinds):
            yield Fault("births", "Số lần đẻ thường, đẻ mổ, đẻ khó không thể nhiều hơn số lần sinh đẻ.", "births")
        if self.births is not None and (self.term_births or 0) + (self.preterm_births or 0) > self.births:
            yield Fault("terms", "Đẻ đủ tháng và đẻ non cộng lại nhiều hơn số lần sinh đẻ.", "term_births")
        ended = (self.births or 0) + (self.miscarriages or 0) + (self.abortions or 0)
        if self.pregnancies is not None and ended > self.pregnancies:
            yield Fault("pregnancies", "Sinh, sảy và phá thai cộng lại nhiều hơn số lần có thai.", "pregnancies")
        if self == Reproductive():
            yield nothing("contraception")
