"""The summary (XML1) in itself: its moments, its card, its codes, its days."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from clinics.rules.charges.benefit import EMERGENCY, INPATIENT, REFERRED, way_share
from clinics.rules.claims.case import Case, moment_in
from clinics.rules.claims.findings import Finding, found
from clinics.rules.diagnoses import MOST_SECONDARY, Coded, check_coded, normalise_code
from registry.rules.invalid import Invalid
from registry.rules.phrases import Phrase

# Annex of QĐ 130/QĐ-BYT on SO_NGAY_DTRI: 0 for these kinds of visit, days out - in + 1 for those.
NO_DAYS = frozenset({"01", "07", "09"})
COUNTED_DAYS = frozenset({"02", "03", "04", "06"})
CARD_FIELDS = ("MA_THE_BHYT", "MA_DKBD", "GT_THE_TU", "GT_THE_DEN")
_SEXES = {"1": "male", "2": "female"}
_ORDER = ("NGAY_VAO", "NGAY_VAO_NOI_TRU", "NGAY_RA")
_REFERRED_OUT = frozenset({"2", "5"})
_DAY = 8


def check_visit(case: Case) -> Iterator[Finding]:
    """Everything the summary says against itself and the code lists."""
    if not case.summary:
        yield found("table-missing", "XML1", 0, "", "Hồ sơ chưa có bảng XML1 (tổng hợp).")
        return
    for rule in (_facility, _moments, _birth, _days, _card, _card_validity, _way, _stay, _referral, _settlement):
        yield from rule(case)
    yield from _diagnoses(case)


def _at(rule: str, field: str, message: str, *, doubt: bool = False) -> Finding:
    return found(rule, "XML1", 1, field, message, doubt=doubt)


def _facility(case: Case) -> Iterator[Finding]:
    told = case.text("MA_CSKCB")
    if told and told != case.knowledge.facility:
        message = Phrase("MA_CSKCB ghi {told}, hồ sơ của cơ sở {own}.", told=told, own=case.knowledge.facility)
        yield _at("facility-other", "MA_CSKCB", message)


def _moments(case: Case) -> Iterator[Finding]:
    told = [(name, moment) for name in _ORDER if (moment := moment_in(case.summary, name))]
    for (earlier, first), (later, second) in pairwise(told):
        if second < first:
            yield _at("order", later, Phrase("{later} sớm hơn {earlier}.", later=later, earlier=earlier))
    paid, began = moment_in(case.summary, "NGAY_TTOAN"), moment_in(case.summary, "NGAY_VAO")
    if paid and began and paid < began:
        yield _at("order", "NGAY_TTOAN", Phrase("{later} sớm hơn {earlier}.", later="NGAY_TTOAN", earlier="NGAY_VAO"))


def _birth(case: Case) -> Iterator[Finding]:
    born, began = case.text("NGAY_SINH")[:_DAY], case.text("NGAY_VAO")[:_DAY]
    if born and began and born > began:
        yield _at("order", "NGAY_SINH", "Ngày sinh sau ngày vào khám.")


def _days(case: Case) -> Iterator[Finding]:
    kind, told = case.text("MA_LOAI_KCB"), case.text("SO_NGAY_DTRI")
    began, ended = case.day("NGAY_VAO"), case.day("NGAY_RA")
    if kind in NO_DAYS:
        due = 0
    elif kind in COUNTED_DAYS and began and ended:
        due = (ended - began).days + 1
    else:
        return
    if told.isdecimal() and int(told) != due:
        message = Phrase(
            "Loại khám {kind} phải ghi {due} ngày điều trị, đang ghi {told}.", kind=kind, due=due, told=told
        )
        yield _at("days", "SO_NGAY_DTRI", message)


def _card(case: Case) -> Iterator[Finding]:
    if not case.insured:
        for name in CARD_FIELDS if case.text("MA_DOITUONG_KCB") == "9" else ():
            if case.text(name):
                message = Phrase("Người bệnh không khám BHYT (mã 9) mà có {field}.", field=name)
                yield _at("card-not-due", name, message, doubt=True)
        return
    cards = len(case.text("MA_THE_BHYT").split(";"))
    for name in CARD_FIELDS:
        text = case.text(name)
        if not text:
            yield _at("card-missing", name, Phrase("Khám BHYT phải có {field}.", field=name))
        elif case.text("MA_THE_BHYT") and len(text.split(";")) != cards:
            message = Phrase("{field} có {count} giá trị, phải có {cards} như số thẻ.", field=name,
                             count=len(text.split(";")), cards=cards)  # fmt: skip
            yield _at("card-count", name, message)


def _card_validity(case: Case) -> Iterator[Finding]:
    """The first card is valid when the visit begins, the last one when it ends."""
    began, ended = case.text("NGAY_VAO")[:_DAY], case.text("NGAY_RA")[:_DAY]
    starts, ends = case.text("GT_THE_TU").split(";"), case.text("GT_THE_DEN").split(";")
    if not case.insured or not (starts[0] and ends[0]):
        return
    if starts[0] > began:
        yield _at("card-validity", "GT_THE_TU", "Thẻ BHYT chưa có giá trị vào ngày khám.")
    if ends[0] < began:
        yield _at("card-validity", "GT_THE_DEN", "Thẻ BHYT đã hết hạn trước ngày khám.")
    elif ends[-1] < ended:
        yield _at("card-validity", "GT_THE_DEN", "Thẻ BHYT hết hạn trong thời gian điều trị.", doubt=True)
    for start, end in zip(starts, ends, strict=False):
        if end < start:
            yield _at("card-validity", "GT_THE_DEN", "Thẻ BHYT hết hạn trước ngày bắt đầu.")


def _way(case: Case) -> Iterator[Finding]:
    """MA_DOITUONG_KCB (the MA_LYDO_VVIEN of QĐ 4210): a share is known, and the papers it stands on are there."""
    code, listed = case.text("MA_DOITUONG_KCB"), case.codes("ma-doituong-kcb") or {}
    if code == REFERRED:
        for name in ("MA_NOI_DI", "GIAY_CHUYEN_TUYEN"):
            if not case.text(name):
                yield _at(
                    "referral-missing", name, Phrase("Có phiếu chuyển cơ sở (mã 1.3) phải ghi {field}.", field=name)
                )
    if code in listed and way_share(code, listed[code], case.text("MA_LOAI_KCB")) is None and code not in ("8", "9"):
        message = Phrase("Danh mục không ghi tỷ lệ hưởng của mã {code}: hãy kiểm tra mức hưởng.", code=code)
        yield _at("way-share", "MA_DOITUONG_KCB", message, doubt=True)
    known = {part for part in case.text("MA_DKBD").split(";") if part}
    if code == "1.1" and known and case.knowledge.facility not in known:
        message = Phrase("Mã 1.1 là đúng nơi đăng ký, thẻ đăng ký ở {place}.", place=", ".join(sorted(known)))
        yield _at("way-registered", "MA_DOITUONG_KCB", message)


def _stay(case: Case) -> Iterator[Finding]:
    inside = case.text("MA_LOAI_KCB") in INPATIENT
    if inside and not case.text("NGAY_VAO_NOI_TRU"):
        yield _at("stay", "NGAY_VAO_NOI_TRU", "Điều trị nội trú, ban ngày hoặc lưu phải có ngày giờ nhập viện.")
    if not inside and case.text("NGAY_VAO_NOI_TRU"):
        yield _at("stay", "NGAY_VAO_NOI_TRU", "Khám ngoại trú không ghi ngày giờ nhập viện.", doubt=True)
    if case.text("MA_DOITUONG_KCB") == EMERGENCY and not case.text("CHAN_DOAN_VAO"):
        yield _at("emergency", "CHAN_DOAN_VAO", "Cấp cứu phải ghi chẩn đoán lúc vào.")


def _referral(case: Case) -> Iterator[Finding]:
    if case.text("MA_LOAI_RV") in _REFERRED_OUT:
        if not case.text("MA_NOI_DEN"):
            yield _at("referral-missing", "MA_NOI_DEN", "Chuyển cơ sở phải ghi mã cơ sở nơi đến.")
        if not case.dossier.get("XML13"):
            yield found("table-missing", "XML13", 0, "", "Chuyển cơ sở phải có giấy chuyển (XML13).")
    elif case.text("MA_NOI_DEN"):
        yield _at("referral-not-due", "MA_NOI_DEN", "Không chuyển cơ sở mà có mã cơ sở nơi đến.", doubt=True)


def _settlement(case: Case) -> Iterator[Finding]:
    """NAM_QT and THANG_QT: not before the month in which the visit ended."""
    year, month, ended = case.text("NAM_QT"), case.text("THANG_QT"), case.day("NGAY_RA")
    if not (year.isdecimal() and month.isdecimal() and ended):
        return
    if int(year) < ended.year:
        yield _at("settlement", "NAM_QT", "Năm quyết toán trước năm ra viện.")
    elif (int(year), int(month)) < (ended.year, ended.month):
        yield _at("settlement", "THANG_QT", "Tháng quyết toán trước tháng ra viện.")


def _diagnoses(case: Case) -> Iterator[Finding]:
    main = case.text("MA_BENH_CHINH")
    others = [part.strip() for part in case.text("MA_BENH_KT").split(";") if part.strip()]
    if main:
        yield from _code(case, main, "MA_BENH_CHINH", "main")
    seen = {normalise_code(main)}
    for code in others:
        yield from _code(case, code, "MA_BENH_KT", "secondary")
        if normalise_code(code) in seen:
            yield _at("icd-twice", "MA_BENH_KT", Phrase("Mã {code} được ghi hai lần.", code=code[:10]))
        seen.add(normalise_code(code))
    if len(others) > MOST_SECONDARY:
        template = "Nhiều nhất {most} bệnh kèm theo; đang có {count}."
        yield _at("icd-many", "MA_BENH_KT", Phrase(template, most=MOST_SECONDARY, count=len(others)))


def _code(case: Case, text: str, field: str, role: str) -> Iterator[Finding]:
    coded: Coded | None = case.knowledge.icd.get(normalise_code(text))
    if coded is None:
        template = "Mã {code} không có trong danh mục ICD-10 ngày ra viện."
        yield _at("icd-unknown", field, Phrase(template, code=text[:10]))
        return
    try:
        check_coded(coded, sex=_SEXES.get(case.text("GIOI_TINH"), ""), field=role)
    except Invalid as invalid:
        yield _at(invalid.code, field, invalid.message)
