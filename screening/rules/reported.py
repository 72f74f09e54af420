"""A row of another system's screening results: one person, one round. Read, checked, and told what is wrong and where.

Columns: person_id, sex (M/F), birth_date, ward_code, programme, round, target (0/1), invited_on, tested_on, test, result,
assessed_on, assessment, findings (";" between), finding_on, treated_on. Dates are ISO; what is not known is empty.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from registry.rules.phrases import Phrase
from registry.rules.text import fold

COLUMNS = (
    "person_id", "sex", "birth_date", "ward_code", "programme", "round", "target", "invited_on", "tested_on", "test",
    "result", "assessed_on", "assessment", "findings", "finding_on", "treated_on",
)  # fmt: skip
REQUIRED = ("person_id", "sex", "birth_date", "programme", "round")

# The programmes of the city, and what files call them (folded).
FAMILIES: Mapping[str, tuple[str, ...]] = {
    "colorectal": ("colorectal", "crc", "fit", "bowel", "dai truc trang", "dai truc trang fit"),
    "cervical": ("cervical", "cervix", "hpv", "co tu cung"),
    "breast": ("breast", "mammography", "vu"),
    "liver": ("liver", "hcc", "gan"),
    "lung": ("lung", "ldct", "phoi"),
}
_ONE_SEX = {"cervical": "F", "breast": "F"}
FINDINGS = frozenset(
    {"none", "adenoma", "advanced_adenoma", "cancer", "other", "cin1", "cin2", "cin3", "ais", "dcis", "invasive"}
)
VERDICTS = frozenset({"positive", "negative", "inadequate"})
_SEXES = {"m": "M", "f": "F", "male": "M", "female": "F", "nam": "M", "nu": "F"}
_ASSESSMENTS = {"": "", "done": "done", "not_done": "not-done", "not-done": "not-done", "unknown": "unknown"}
_YES_NO = {"": True, "1": True, "0": False, "true": True, "false": False}
_ISO = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_EARLIEST = date(1900, 1, 1)
_LONGEST_KEY, _LONGEST_CODE, _MOST_ROUNDS = 60, 30, 200

# test -> result code -> verdict; and test -> the cut-off its numbers are judged by.
Verdicts = Mapping[str, Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Codes:
    """The programmes' own result codes. verdicts: family -> test -> code -> verdict; cut_offs: family -> test -> number."""

    verdicts: Mapping[str, Verdicts]
    cut_offs: Mapping[str, Mapping[str, Decimal]]

    def verdict(self, family: str, test: str, result: str) -> str | None:
        """What a result says; None for a code the programme does not know. A test that is not named may be any of them."""
        word = result.lower()
        if word in VERDICTS:
            return word
        tests = self.verdicts.get(family, {})
        for name in [test] if test in tests else tests:
            for code, verdict in tests[name].items():
                if code.lower() == word:
                    return verdict
        return self._judged(family, test, result)

    def _judged(self, family: str, test: str, result: str) -> str | None:
        cut_offs = self.cut_offs.get(family, {})
        cut_off = cut_offs.get(test) or (next(iter(cut_offs.values())) if len(cut_offs) == 1 else None)
        try:
            value = Decimal(result.replace(",", "."))
        except InvalidOperation:
            return None
        if cut_off is None or not value.is_finite() or value < 0:
            return None
        return "positive" if value >= cut_off else "negative"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Why a row is not taken: stable code, Vietnamese message that says how to mend it, the column."""

    code: str
    message: Phrase
    column: str


@dataclass(frozen=True, slots=True)
class Round:
    """A row that was understood; see ReportedRound for the words. notices: doubts that did not stop it."""

    person_key: str
    round: int
    programme: str
    sex: str
    birth_date: date
    ward_code: str
    target: bool
    invited_on: date | None
    tested_on: date | None
    test: str
    result: str
    verdict: str
    assessed_on: date | None
    assessment: str
    findings: tuple[str, ...] | None
    finding_on: date | None
    treated_on: date | None
    notices: tuple[str, ...] = ()

    @property
    def digest(self) -> int:
        """A number for everything the row says; equal rows have equal numbers."""
        said = "\x1f".join(map(str, (
            self.sex, self.birth_date, self.ward_code, self.target, self.invited_on, self.tested_on, self.test, self.result,
            self.verdict, self.assessed_on, self.assessment, self.findings, self.finding_on, self.treated_on,
        )))  # fmt: skip
        return int.from_bytes(hashlib.blake2b(said.encode(), digest_size=8).digest(), signed=True)


@lru_cache(maxsize=65536)
def _day(text: str) -> date | None:
    if not _ISO.fullmatch(text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=256)
def family_of(word: str) -> str:
    """The family a programme's name or code belongs to, "" for none."""
    known = fold(word.replace("-", " ").replace("_", " "))
    return next((family for family, names in FAMILIES.items() if known in names), "")


@lru_cache(maxsize=4096)
def _findings(text: str) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(part for one in text.lower().split(";") if (part := one.strip()))) or None


def read_round(fields: Mapping[str, str], today: date, codes: Codes) -> Round | list[Flaw]:
    """One row, or every reason why not. today: the day the file came; nothing in it may lie after that."""
    dates: dict[str, date | None] = {}
    flaws: list[Flaw] = []
    for column in ("birth_date", "invited_on", "tested_on", "assessed_on", "finding_on", "treated_on"):
        text = fields.get(column, "")
        dates[column] = day = _day(text) if text else None
        if text and (day is None or not _EARLIEST <= day <= today):
            flaws.append(_bad_date(column, text, day, today))
    sex = _SEXES.get(fold(fields.get("sex", "")), "")
    family = family_of(fields.get("programme", ""))
    result, test = fields.get("result", ""), fields.get("test", "").lower()
    verdict = codes.verdict(family, test, result) if result else ""
    number = fields.get("round", "")
    target = _YES_NO.get(fields.get("target", "").lower())
    assessment = _ASSESSMENTS.get(fields.get("assessment", "").lower())
    findings = _findings(fields.get("findings", ""))
    key, ward = fields.get("person_id", ""), fields.get("ward_code", "")
    flaws += _words(fields, key, sex, family, number, target, assessment, verdict, findings)
    flaws += _contradictions(dates, sex, family, bool(flaws))
    birth = dates["birth_date"]
    if flaws or birth is None or verdict is None or target is None or assessment is None:
        return flaws or [Flaw("birth-date", Phrase("Thiếu ngày sinh: hãy ghi theo dạng NNNN-TT-NN."), "birth_date")]
    if dates["assessed_on"] and not assessment:
        assessment = "done"
    return Round(
        key, int(number), family, sex, birth, ward[:10], target, dates["invited_on"], dates["tested_on"],
        test[:_LONGEST_CODE], result[:_LONGEST_CODE], verdict, dates["assessed_on"], assessment, findings,
        dates["finding_on"], dates["treated_on"], tuple(_doubts(dates, verdict, assessment, findings)),
    )  # fmt: skip


def _bad_date(column: str, text: str, day: date | None, today: date) -> Flaw:
    if day is None:
        template = "“{value}” không phải ngày đúng dạng NNNN-TT-NN (ví dụ 2026-03-15)."
        return Flaw("date-unreadable", Phrase(template, value=text[:30]), column)
    template = "Ngày {value} phải từ 1900-01-01 đến ngày nộp tệp {today}."
    return Flaw("date-out-of-range", Phrase(template, value=text, today=today.isoformat()), column)


def _words(
    fields: Mapping[str, str],
    key: str,
    sex: str,
    family: str,
    number: str,
    target: bool | None,
    assessment: str | None,
    verdict: str | None,
    findings: tuple[str, ...] | None,
) -> Iterator[Flaw]:
    """What is missing or not a word of its column."""
    if not key or len(key) > _LONGEST_KEY:
        template = "Thiếu mã người (person_id), hoặc mã dài quá {most} ký tự."
        yield Flaw("person-id", Phrase(template, most=_LONGEST_KEY), "person_id")
    if not sex:
        yield Flaw("sex", Phrase("Giới tính phải là M hoặc F."), "sex")
    if not fields.get("birth_date"):
        yield Flaw("birth-date", Phrase("Thiếu ngày sinh: hãy ghi theo dạng NNNN-TT-NN."), "birth_date")
    if not family:
        template = "Không có chương trình “{value}”. Các chương trình: {known}."
        value = fields.get("programme", "")[:40]
        yield Flaw("programme-unknown", Phrase(template, value=value, known=", ".join(FAMILIES)), "programme")
    if not number.isascii() or not number.isdigit() or not 1 <= int(number) <= _MOST_ROUNDS:
        yield Flaw("round", Phrase("Vòng tầm soát là số từ 1 đến {most}.", most=_MOST_ROUNDS), "round")
    if target is None:
        yield Flaw("target", Phrase("Cột target là 1 (thuộc nhóm đích) hoặc 0."), "target")
    if assessment is None:
        yield Flaw("assessment", Phrase("Cột assessment là done, not_done hoặc unknown."), "assessment")
    if verdict is None:
        template = "Không có kết quả “{value}”: hãy dùng positive, negative, inadequate hoặc mã của chương trình."
        yield Flaw("result-unknown", Phrase(template, value=fields.get("result", "")[:30]), "result")
    strange = [one for one in findings or () if one not in FINDINGS]
    if strange:
        template = "Tổn thương “{value}” không có trong danh mục: {known}."
        known = ", ".join(sorted(FINDINGS))
        yield Flaw("finding-unknown", Phrase(template, value=", ".join(strange)[:60], known=known), "findings")


def _contradictions(dates: Mapping[str, date | None], sex: str, family: str, unreadable: bool) -> Iterator[Flaw]:
    """What cannot be true together: the wrong sex, something done before birth, a result before its sample."""
    if sex and _ONE_SEX.get(family, sex) != sex:
        yield Flaw(
            "wrong-sex",
            Phrase("Giới tính này không thuộc chương trình: hãy kiểm tra lại người hoặc chương trình."),
            "sex",
        )
    if unreadable:
        return
    born, tested = dates["birth_date"], dates["tested_on"]
    if born and any(day and day < born for column, day in dates.items() if column != "birth_date"):
        yield Flaw("before-birth", Phrase("Có ngày đứng trước ngày sinh."), "birth_date")
    for column in ("assessed_on", "finding_on", "treated_on"):
        day = dates[column]
        if tested and day and day < tested:
            yield Flaw(
                "before-sample", Phrase("Ngày này đứng trước ngày xét nghiệm {day}.", day=tested.isoformat()), column
            )


def _doubts(
    dates: Mapping[str, date | None], verdict: str, assessment: str, findings: tuple[str, ...] | None
) -> Iterator[str]:
    """What is told beside the counts, and stops nothing."""
    if verdict and not dates["tested_on"]:
        yield "result-without-day"
    if verdict == "positive" and assessment not in ("done", "not-done"):
        yield "positive-without-end"
    if findings and findings != ("none",) and assessment == "not-done":
        yield "finding-without-assessment"
