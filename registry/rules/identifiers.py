"""Numbers on Vietnamese identity papers: CCCD, CMND, BHYT card, passport.

The national number has no check digit and may be missing, cancelled or reissued, so a doubt (sex, birth year) is a
notice, and only a wrong length or an unknown province is refused.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

from registry.rules.dates import PartialDate
from registry.rules.invalid import Invalid, Notice
from registry.rules.phrases import Phrase
from registry.rules.tables import reference_rows

Sex = Literal["male", "female"]

CCCD_LENGTH, CMND_LENGTH, SOCIAL_LENGTH = 12, 9, 10
NO_ONE_BORN_YET = 2100

PROVINCES = {row["code"]: row["name"] for row in reference_rows("cccd_provinces")}
_SEPARATORS = re.compile(r"[\s.\-_–—'’]+")


def compact(value: str) -> str:
    """The value without spaces, dots, dashes and spreadsheet apostrophes; full-width digits made plain, upper case."""
    return _SEPARATORS.sub("", unicodedata.normalize("NFKC", value)).upper()


def _is_digits(value: str) -> bool:
    return value.isascii() and value.isdigit()


@dataclass(frozen=True, slots=True)
class Cccd:
    """A 12-digit national number and what its digits say; `notices` are doubts, not refusals."""

    value: str
    province: str
    province_name: str
    sex: Sex
    birth_year: int
    notices: tuple[Notice, ...] = ()

    @property
    def display(self) -> str:
        """Grouped for reading aloud: 001 080 012 345."""
        return " ".join(self.value[start : start + 3] for start in range(0, 12, 3))


def _cccd_shape(value: str) -> str:
    digits = compact(value)
    if not digits:
        raise Invalid("cccd-empty", "Chưa có số CCCD.", "cccd")
    if not _is_digits(digits):
        raise Invalid("cccd-characters", "Số CCCD chỉ gồm chữ số.", "cccd")
    if len(digits) in range(9, CCCD_LENGTH):
        template = "Số có {count} chữ số: cần xem lại, có thể đã mất số 0 ở đầu hoặc là số CMND cũ."
        raise Invalid("cccd-needs-review", Phrase(template, count=len(digits)), "cccd")
    if len(digits) != CCCD_LENGTH:
        message = Phrase("Số CCCD phải có 12 chữ số, đang có {count}.", count=len(digits))
        raise Invalid("cccd-length", message, "cccd")
    if digits[:3] not in PROVINCES:
        message = Phrase("Mã tỉnh {code} ở đầu số CCCD không tồn tại.", code=digits[:3])
        raise Invalid("cccd-province", message, "cccd")
    return digits


def _cccd_notices(parsed: Cccd, birth: PartialDate | date | None, sex: str | None) -> tuple[Notice, ...]:
    notices = []
    if parsed.birth_year >= NO_ONE_BORN_YET:
        notices.append(Notice("cccd-century", Phrase("Số CCCD ghi năm sinh {year}.", year=parsed.birth_year)))
    year = birth.value.year if isinstance(birth, PartialDate) else birth.year if birth else parsed.birth_year
    if year != parsed.birth_year:
        template = "Số CCCD ghi năm sinh {stated}, khác năm {typed} đã nhập."
        notices.append(Notice("cccd-birth-year", Phrase(template, stated=parsed.birth_year, typed=year)))
    if sex in {"male", "female"} and sex != parsed.sex:
        said = Phrase("nam") if parsed.sex == "male" else Phrase("nữ")
        notices.append(Notice("cccd-sex", Phrase("Số CCCD ghi giới tính {sex}, khác giới tính đã nhập.", sex=said)))
    return tuple(notices)


def parse_cccd(value: str, birth: PartialDate | date | None = None, sex: str | None = None) -> Cccd:
    """A national number, compared with a birth date and sex ("male", "female") when given.

    Digits: province of birth registration (3), century and sex (0/1 = 19xx male/female, 2/3 = 20xx …), birth year
    (2), serial (6). Raises Invalid: cccd-empty, cccd-characters, cccd-length, cccd-needs-review (9-11 digits),
    cccd-province.
    """
    digits = _cccd_shape(value)
    century = 1900 + int(digits[3]) // 2 * 100
    gender: Sex = "female" if int(digits[3]) % 2 else "male"
    parsed = Cccd(digits, digits[:3], PROVINCES[digits[:3]], gender, century + int(digits[4:6]))
    notices = _cccd_notices(parsed, birth, sex)
    return Cccd(parsed.value, parsed.province, parsed.province_name, gender, parsed.birth_year, notices)


def parse_cmnd(value: str) -> str:
    """The 9 digits of an old identity card; raises Invalid cmnd-empty, cmnd-characters, cmnd-length."""
    digits = compact(value)
    if not digits:
        raise Invalid("cmnd-empty", "Chưa có số CMND.", "cmnd")
    if not _is_digits(digits):
        raise Invalid("cmnd-characters", "Số CMND chỉ gồm chữ số.", "cmnd")
    if len(digits) != CMND_LENGTH:
        message = Phrase("Số CMND phải có 9 chữ số, đang có {count}.", count=len(digits))
        raise Invalid("cmnd-length", message, "cmnd")
    return digits


@dataclass(frozen=True, slots=True)
class Bhyt:
    """A health-insurance card. Cards since 2021 print only the 10-digit social-insurance number: the rest is empty."""

    value: str
    social_number: str
    group: str = ""
    benefit: str = ""
    province: str = ""
    notices: tuple[Notice, ...] = ()

    @property
    def is_newborn_temporary(self) -> bool:
        """TE1 + province + 10 digits issued to a newborn who has no card yet (QĐ 130 annex)."""
        return self.group == "TE" and self.benefit == "1"

    @property
    def display(self) -> str:
        """GD 4 01 0123456789, as cards print it."""
        return " ".join(part for part in (self.group, self.benefit, self.province, self.social_number) if part)


_BHYT_CARD = re.compile(r"([A-Z]{2})([0-9])([0-9]{2})([0-9]{10})")
# Two-digit province codes are the last two of the police codes; 97 (army), 98 (police) from memory: a notice only.
_BHYT_PROVINCES = {code[1:] for code in PROVINCES} | {"97", "98"}


def parse_bhyt(value: str) -> Bhyt:
    """A card number (two letters, benefit, province, 10 digits) or the 10 digits alone; spaces and case do not count.

    Raises Invalid: bhyt-empty, bhyt-format. Notices: bhyt-benefit (not 1-5), bhyt-province.
    """
    text = compact(value)
    if not text:
        raise Invalid("bhyt-empty", "Chưa có số thẻ BHYT.", "bhyt")
    if len(text) == SOCIAL_LENGTH and _is_digits(text):
        return Bhyt(text, text)
    match = _BHYT_CARD.fullmatch(text)
    if not match:
        message = "Số thẻ BHYT phải có 15 ký tự (2 chữ cái và 13 chữ số) hoặc 10 chữ số mã BHXH."
        raise Invalid("bhyt-format", message, "bhyt")
    group, benefit, province, social = match.groups()
    return Bhyt(text, social, group, benefit, province, _bhyt_notices(benefit, province))


def _bhyt_notices(benefit: str, province: str) -> tuple[Notice, ...]:
    notices = []
    if benefit not in "12345":
        message = Phrase("Mức hưởng {benefit} trên thẻ BHYT không nằm trong 1–5.", benefit=benefit)
        notices.append(Notice("bhyt-benefit", message))
    if province not in _BHYT_PROVINCES:
        notices.append(Notice("bhyt-province", Phrase("Mã tỉnh {code} trên thẻ BHYT không tồn tại.", code=province)))
    return tuple(notices)


def parse_passport(value: str) -> str:
    """A passport number of any country: 6-12 letters and digits, at least three digits; else passport-format."""
    text = compact(value)
    if not re.fullmatch(r"[A-Z0-9]{6,12}", text) or not re.search(r"(?:[0-9].*){3}", text):
        raise Invalid("passport-format", "Số hộ chiếu gồm 6–12 chữ cái và chữ số.", "passport")
    return text
