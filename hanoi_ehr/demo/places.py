"""Addresses: the wards of 2025 by rough size, and how people there write where they live."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from random import Random

from registry.rules.tables import reference_rows

STREETS = (
    "Kim Liên", "Phạm Ngọc Thạch", "Đào Duy Anh", "Tôn Thất Tùng", "Chùa Bộc", "Thái Hà", "Láng Hạ",
    "Nguyễn Lương Bằng", "Khâm Thiên", "Lê Duẩn", "Giải Phóng", "Trường Chinh", "Minh Khai", "Bạch Mai",
    "Đại La", "Lò Đúc", "Trần Khát Chân", "Kim Ngưu", "Tam Trinh", "Lĩnh Nam", "Nguyễn Trãi", "Khương Trung",
    "Vương Thừa Vũ", "Lê Trọng Tấn", "Cầu Giấy", "Xuân Thủy", "Hồ Tùng Mậu", "Trần Cung", "Hoàng Quốc Việt",
    "Lạc Long Quân", "Thụy Khuê", "Hoàng Hoa Thám", "Đội Cấn", "Kim Mã", "Giảng Võ", "Ngọc Hà", "Âu Cơ",
    "Nghi Tàm", "Ngọc Lâm", "Nguyễn Văn Cừ", "Ngô Gia Tự", "Thạch Bàn", "Quang Trung", "Tô Hiệu", "Phùng Hưng",
    "Lê Lợi", "Nguyễn Khuyến", "Phú La",
)  # fmt: skip
HAMLETS = (
    "Đông",
    "Đoài",
    "Thượng",
    "Hạ",
    "Trung",
    "Ngọc Động",
    "Phú Mỹ",
    "Yên Lạc",
    "Đồng Tâm",
    "Tân Tiến",
    "Bãi",
    "Chùa",
    "Đình",
    "Cầu",
)

IN_FORCE = "2025-07-01"  # NQ 1656/NQ-UBTVQH15
# Rough weights: inner wards hold about 70,000 people, outer communes 40,000; some are known to be much smaller (islands
# of the Red River, the old quarter) or larger. Written for the demo, not a census.
_WEIGHTS = {"phường": 70.0, "xã": 42.0}
_SPECIAL = {
    "Xã Minh Châu": 7.0,
    "Phường Tây Tựu": 45.0,
    "Phường Hoàng Mai": 100.0,
    "Phường Hà Đông": 110.0,
    "Xã Sóc Sơn": 65.0,
}


@dataclass(frozen=True, slots=True)
class Ward:
    """A ward or commune of 2025: 5-digit code and full name."""

    code: str
    name: str
    urban: bool


@cache
def wards() -> tuple[tuple[Ward, ...], tuple[float, ...]]:
    """The 126 wards and their cumulative weights."""
    rows = [row for row in reference_rows("units") if row["level"] == "commune" and row["valid_from"] == IN_FORCE]
    found = tuple(Ward(row["code"], row["name"], row["kind"] == "phường") for row in rows)
    weights = (_SPECIAL.get(row["name"], _WEIGHTS[row["kind"]]) for row in rows)
    return found, tuple(accumulate(weights))


def pick_ward(chance: Random) -> Ward:
    """A ward by its size."""
    found, cumulative = wards()
    return chance.choices(found, cum_weights=cumulative)[0]


def address_in(chance: Random, ward: Ward) -> str:
    """House, alley of the alley, alley, street in the city; hamlet in the country."""
    if not ward.urban:
        return f"Đội {chance.randint(1, 12)}, thôn {chance.choice(HAMLETS)}"
    street = f"phố {chance.choice(STREETS)}"
    house = str(chance.randint(1, 120)) + chance.choice(("", "", "", "A", "B"))
    form = chance.random()
    if form < 0.25:  # noqa: PLR2004 - shares of ways to live, invented
        return f"Số {house} {street}"
    if form < 0.6:  # noqa: PLR2004
        return f"Số {house}, ngõ {chance.randint(2, 480)} {street}"
    if form < 0.85:  # noqa: PLR2004
        alley = chance.randint(2, 480)
        return f"Số {house}, ngách {alley}/{chance.randint(2, 90)}, ngõ {alley} {street}"
    flat = f"P{chance.randint(2, 32):02d}{chance.randint(1, 16):02d}"
    return f"{flat}, tòa {chance.choice('ABCN')}{chance.randint(1, 9)}, {street}"
