"""What the demonstration city's people fall ill with: ICD-10 codes in common use, Vietnamese words, rough frequencies.

Written for the demo; neither the Ministry's list (TT 06/2026) nor epidemiology. The words come from the registry's
starter set.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from registry.rules.tables import reference_rows


@cache
def _displays() -> dict[str, str]:
    return {row["code"]: row["display"] for row in reference_rows("concepts/icd-10")}


def display_of(code: str) -> str:
    """The Vietnamese words of a code of the starter set; raises KeyError for any other."""
    return _displays()[code]


@dataclass(frozen=True, slots=True)
class Chronic:
    """A lasting illness: share of people having it at `ages`, months between visits, department reason."""

    code: str
    shares: tuple[tuple[int, float], ...]  # from this age on, this share
    months: int
    reason: str
    conclusion: str

    def share(self, age: int) -> float:
        """The share at an age."""
        return next((share for start, share in reversed(self.shares) if age >= start), 0.0)


HYPERTENSION, DIABETES = "I10", "E11.9"
CHRONIC = (
    Chronic(HYPERTENSION, ((35, 0.07), (45, 0.2), (55, 0.36), (65, 0.5)), 2,
            "Khám định kỳ tăng huyết áp", "Tiếp tục thuốc, ăn nhạt, đo huyết áp tại nhà, hẹn khám lại."),
    Chronic(DIABETES, ((40, 0.05), (50, 0.11), (60, 0.17)), 2,
            "Khám định kỳ đái tháo đường", "Duy trì chế độ ăn, tập luyện, thuốc uống; kiểm tra HbA1c mỗi 3 tháng."),
    Chronic("E78.5", ((40, 0.1), (55, 0.2)), 4,
            "Kiểm tra mỡ máu", "Thay đổi lối sống, kiểm tra lại lipid máu."),
    Chronic("J44.9", ((55, 0.04), (65, 0.08)), 3,
            "Khó thở khi gắng sức", "Dùng thuốc hít đều, bỏ thuốc lá, tiêm phòng cúm."),
    Chronic("J45.9", ((3, 0.04), (18, 0.03)), 5, "Khò khè, khám hen định kỳ", "Kiểm soát tốt, giữ bậc điều trị."),
    Chronic("I25.1", ((55, 0.04), (65, 0.1)), 3,
            "Đau ngực khi gắng sức", "Ổn định, duy trì thuốc."),
    Chronic("N18.9", ((50, 0.02), (65, 0.06)), 3, "Khám thận định kỳ", "Theo dõi creatinin, hạn chế đạm và muối."),
    Chronic("M17.9", ((50, 0.08), (60, 0.18)), 6, "Đau khớp gối", "Giảm đau, vật lý trị liệu, giảm cân."),
    Chronic("B18.1", ((20, 0.05), (35, 0.07)), 6,
            "Theo dõi viêm gan B", "Men gan ổn định, siêu âm và AFP mỗi 6 tháng."),
    Chronic("E04.1", ((30, 0.03), (45, 0.05)), 9, "Siêu âm tuyến giáp định kỳ", "Nhân giáp lành tính, theo dõi."),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Acute:
    """A passing illness: ages, weight, fever."""

    code: str
    youngest: int
    oldest: int
    weight: float
    reason: str
    fever: bool = False
    sex: str = ""


ACUTE = (
    Acute("J06.9", 0, 99, 16, "Ho, sổ mũi, đau họng", fever=True),
    Acute("J20.9", 0, 99, 9, "Ho có đờm, sốt", fever=True),
    Acute("J02.9", 2, 99, 9, "Đau họng, nuốt vướng", fever=True),
    Acute("J18.9", 0, 99, 3, "Sốt cao, ho, khó thở", fever=True),
    Acute("A09", 0, 99, 6, "Đau bụng, đi ngoài phân lỏng"),
    Acute("H66.9", 0, 12, 5, "Đau tai, quấy khóc", fever=True),
    Acute("B08.4", 0, 6, 4, "Nổi bọng nước tay chân, biếng ăn", fever=True),
    Acute("A91", 3, 80, 3, "Sốt cao ngày thứ 3, đau đầu", fever=True),
    Acute("K29.7", 16, 99, 9, "Đau thượng vị, ợ chua"),
    Acute("K21.9", 18, 99, 6, "Ợ nóng, nóng rát sau xương ức"),
    Acute("M54.5", 20, 99, 8, "Đau thắt lưng"),
    Acute("N39.0", 16, 99, 4, "Tiểu buốt, tiểu rắt", sex="female"),
    Acute("L20.9", 0, 60, 4, "Ngứa, mẩn đỏ"),
    Acute("H10.9", 1, 90, 4, "Đỏ mắt, chảy nước mắt"),
    Acute("R51", 12, 99, 4, "Đau đầu, chóng mặt"),
    Acute("F51.0", 30, 99, 4, "Mất ngủ"),
    Acute("K02.9", 3, 70, 4, "Đau răng"),
    Acute("Z00.0", 18, 90, 6, "Khám sức khỏe định kỳ"),
    Acute("Z34.9", 20, 38, 7, "Khám thai định kỳ", sex="female"),
    Acute("Z00.1", 0, 4, 8, "Khám sức khỏe, cân đo"),
)  # fmt: skip

ALLERGENS = (
    ("Penicillin", "Nổi mày đay", False),
    ("Amoxicillin", "Phát ban", False),
    ("Cefalexin", "Phát ban, ngứa", False),
    ("Aspirin", "Co thắt phế quản", True),
    ("Ibuprofen", "Phù mặt", False),
    ("Cotrimoxazol", "Hội chứng Stevens-Johnson", True),
    ("Tôm, cua", "Mẩn ngứa", False),
    ("Lạc", "Phản vệ độ II", True),
    ("Phấn hoa", "Viêm mũi", False),
    ("Thuốc cản quang có iod", "Phản vệ độ III", True),
)
"""Substance, reaction, severe."""

_FOODS, _OTHERS = {"Tôm, cua", "Lạc"}, {"Phấn hoa"}


def kind_of(substance: str) -> str:
    """The box of the personal health record an allergen belongs in, as records.models.AllergyIntolerance has it."""
    if substance in _FOODS:
        return "food"
    return "other" if substance in _OTHERS else "medication"
