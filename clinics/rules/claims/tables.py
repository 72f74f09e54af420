"""From the facts of a visit to the tables of QĐ 3176. Only here and in the checker do the decree's tags appear."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from clinics.rules.charges.benefit import INPATIENT
from clinics.rules.charges.items import ChargeKind
from clinics.rules.charges.money import ZERO
from clinics.rules.claims.facts import ClaimFacts, LineFacts, PersonFacts, ResultFacts, VisitFacts
from clinics.rules.claims.line_rules import REPEATED
from clinics.rules.claims.money_rules import SUMS
from clinics.rules.claims.visit_rules import COUNTED_DAYS
from registry.rules.qd3176.documents import Row
from registry.rules.qd3176.fields import tables
from registry.rules.qd3176.moments import day_text, moment_text

SEXES = {"male": "1", "female": "2"}
NO_OCCUPATION = "00000"  # annex of QĐ 130/QĐ-BYT
NO_ACCIDENT = "0"
FEE_FOR_SERVICE = "1"  # MA_PTTT
REFERRED_OUT = frozenset({"2", "5"})
_LONGEST_VALUE = 255
# What may be typed for a visit because no page of the system holds it (the rest is mended where it belongs).
TYPED: Mapping[str, tuple[str, ...]] = {
    "XML1": (
        "CHAN_DOAN_VAO", "LY_DO_VNT", "MA_LY_DO_VNT", "MA_BENH_YHCT", "MA_PTTT_QT", "MA_NOI_DEN", "MA_TAI_NAN",
        "NGAY_VAO_NOI_TRU", "PP_DIEU_TRI", "GHI_CHU", "CAN_NANG_CON", "NGAY_TAI_KHAM", "MA_HSBA", "DU_PHONG",
    ),
    **{
        table: tuple(one.name for one in tables()[table].fields if one.name not in REPEATED | {"MA_LK", "STT"})
        for table in ("XML0", "XML7", "XML8", "XML11", "XML13", "XML14")
    },
}  # fmt: skip
ON_REQUEST = ("XML11", "XML14")  # made when somebody typed them: sick leave, the next appointment


def make_dossier(facts: ClaimFacts) -> dict[str, list[dict[str, str]]]:
    """The tables that are due, each row with every field of its table."""
    medicines = [one for one in facts.lines if one.kind is ChargeKind.MEDICINE]
    others = [one for one in facts.lines if one.kind is not ChargeKind.MEDICINE]
    lines = {
        "XML2": [_medicine(facts, at, one) for at, one in enumerate(medicines, start=1)],
        "XML3": [_service(facts, at, one) for at, one in enumerate(others, start=1)],
    }
    summary = _summary(facts) | _sums(lines)
    dossier: dict[str, list[dict[str, str]]] = {"XML0": [_paper(facts, "XML0", summary)], "XML1": [summary], **lines}
    dossier["XML4"] = [_result(facts, at, one) for at, one in enumerate(facts.results, start=1)]
    dossier["XML5"] = [
        _row(facts, "XML5", STT=str(at), DIEN_BIEN_LS=one.text, THOI_DIEM_DBLS=moment_text(one.at),
             NGUOI_THUC_HIEN=one.licence)
        for at, one in enumerate(facts.courses, start=1)
    ]  # fmt: skip
    for table in _papers(facts):
        dossier[table] = [_paper(facts, table, summary)]
    return {table: rows for table, rows in dossier.items() if rows}


def _papers(facts: ClaimFacts) -> list[str]:
    due = ["XML8"]
    if facts.visit.care_type in INPATIENT:
        due.append("XML7")
    if facts.visit.discharge in REFERRED_OUT:
        due.append("XML13")
    return due + [table for table in ON_REQUEST if facts.added.get(table)]


def _row(facts: ClaimFacts, table: str, **said: str) -> dict[str, str]:
    return {one.name: "" for one in tables()[table].fields} | {"MA_LK": facts.visit.key} | said


def _number(amount: Decimal) -> str:
    """As files write it: no exponent, no superfluous zeros behind the point."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _summary(facts: ClaimFacts) -> dict[str, str]:
    visit, main = facts.visit, (facts.visit.diagnoses or (("", ""),))[0]
    row = _row(facts, "XML1", STT="1", **_who(facts.person), **_card(facts), **_stay(visit))
    row |= {
        "LY_DO_VV": visit.reason,
        "CHAN_DOAN_VAO": main[1],
        "CHAN_DOAN_RV": "; ".join(words for _, words in visit.diagnoses),
        "MA_BENH_CHINH": main[0],
        "MA_BENH_KT": ";".join(code for code, _ in visit.diagnoses[1:]),
        "PP_DIEU_TRI": visit.conclusion,
        "MA_TAI_NAN": NO_ACCIDENT,
        "CAN_NANG": _number(visit.weight) if visit.weight else "",
    }
    return row | _in_bed(facts) | _typed(facts, "XML1")


def _in_bed(facts: ClaimFacts) -> dict[str, str]:
    """What the summary says of a stay: why and when in bed, where to."""
    stay = facts.stay
    if stay is None:
        return {}
    return {
        "NGAY_VAO_NOI_TRU": moment_text(stay.admitted_at),
        "LY_DO_VNT": stay.reason,
        "CHAN_DOAN_VAO": stay.diagnosis,
        "MA_NOI_DEN": stay.referred_to,
    }


def _who(person: PersonFacts) -> dict[str, str]:
    return {
        "MA_BN": person.number,
        "HO_TEN": person.name,
        "SO_CCCD": person.identity,
        "NGAY_SINH": person.birth.ngay_sinh,
        "GIOI_TINH": SEXES.get(person.sex, "3"),
        "NHOM_MAU": person.blood,
        "MA_QUOCTICH": person.nationality,
        "MA_DANTOC": person.ethnicity,
        "MA_NGHE_NGHIEP": person.occupation or NO_OCCUPATION,
        "DIA_CHI": person.address,
        "MATINH_CU_TRU": person.province,
        "MAXA_CU_TRU": person.ward,
        "DIEN_THOAI": person.phone,
    }


def _card(facts: ClaimFacts) -> dict[str, str]:
    card = facts.card
    return {
        "MA_DOITUONG_KCB": card.object_code,
        "MA_THE_BHYT": card.card,
        "MA_DKBD": card.registered_at,
        "GT_THE_TU": day_text(card.valid_from),
        "GT_THE_DEN": day_text(card.valid_to),
        "MA_NOI_DI": card.referred_from,
        "GIAY_CHUYEN_TUYEN": card.referral_number,
        "NGAY_MIEN_CCT": f"{day_text(card.exempt_from)}0000" if card.exempt_from else "",
        "NAM_NAM_LIEN_TUC": day_text(card.five_years_on),
        "MA_KHUVUC": card.area,
    }


def _stay(visit: VisitFacts) -> dict[str, str]:
    return {
        "NGAY_VAO": moment_text(visit.began),
        "NGAY_VAO_NOI_TRU": moment_text(visit.began) if visit.care_type in INPATIENT else "",
        "NGAY_RA": moment_text(visit.ended),
        "SO_NGAY_DTRI": str(_days(visit)),
        "KET_QUA_DTRI": visit.outcome,
        "MA_LOAI_RV": visit.discharge,
        "NGAY_TTOAN": moment_text(visit.paid_at or visit.ended),
        "NAM_QT": f"{_settled(visit):%Y}",
        "THANG_QT": f"{_settled(visit):%m}",
        "MA_LOAI_KCB": visit.care_type,
        "MA_KHOA": visit.department,
        "MA_CSKCB": visit.facility,
        "MA_TTDV": visit.head_code,
    }


def _settled(visit: VisitFacts) -> date:
    text = moment_text(visit.ended)
    return datetime.strptime(text, "%Y%m%d%H%M").date()  # noqa: DTZ007 - already a day in Hanoi


def _days(visit: VisitFacts) -> int:
    """Annex of QĐ 130/QĐ-BYT: out - in + 1 for stays and courses, 0 for an examination."""
    if visit.care_type not in COUNTED_DAYS:
        return 0
    first, last = (datetime.strptime(moment_text(one)[:8], "%Y%m%d") for one in (visit.began, visit.ended))  # noqa: DTZ007
    return (last - first).days + 1


def _sums(lines: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    told = {}
    for name, of, keys, supplies in SUMS:
        rows = (row for key in keys for row in lines[key] if not supplies or row.get("MA_VAT_TU"))
        told[name] = _number(sum((Decimal(row[of]) for row in rows), ZERO))
    return told


def _money(facts: ClaimFacts, one: LineFacts) -> dict[str, str]:
    amounts = one.amounts
    return {
        "MA_NHOM": one.group,
        "DON_VI_TINH": one.unit,
        "PHAM_VI": "1" if one.line.in_scope else "2",
        "TYLE_TT_BH": _number(one.line.pay_rate),
        "SO_LUONG": _number(one.line.quantity),
        "THANH_TIEN_BV": _number(amounts.total),
        "THANH_TIEN_BH": _number(amounts.insured),
        "T_NGUONKHAC_NSNN": _number(amounts.other),
        "T_NGUONKHAC": _number(amounts.other),
        "MUC_HUONG": _number(facts.level),
        "T_BHTT": _number(amounts.fund),
        "T_BNCCT": _number(amounts.copay),
        "T_BNTT": _number(amounts.own),
        "MA_KHOA": one.department,
        "MA_BAC_SI": one.licence,
        "NGAY_YL": moment_text(one.ordered_at),
        "NGAY_TH_YL": moment_text(one.done_at),
        "MA_PTTT": FEE_FOR_SERVICE,
    }


def _medicine(facts: ClaimFacts, at: int, one: LineFacts) -> dict[str, str]:
    said = one.particulars
    return _row(
        facts, "XML2", STT=str(at), MA_THUOC=one.code, TEN_THUOC=one.name, HAM_LUONG=said.strength,
        DUONG_DUNG=said.route_code, DANG_BAO_CHE=said.form, LIEU_DUNG=said.dose, CACH_DUNG=said.usage,
        SO_DANG_KY=said.registration, TT_THAU=said.tender, DON_GIA=_number(one.line.price), NGUON_CTRA="1",
        **_money(facts, one),
    )  # fmt: skip


def _service(facts: ClaimFacts, at: int, one: LineFacts) -> dict[str, str]:
    said, supply = one.particulars, one.kind is ChargeKind.SUPPLY
    named = {"MA_VAT_TU": one.code, "TEN_VAT_TU": one.name} if supply else {
        "MA_DICH_VU": one.code, "TEN_DICH_VU": one.name,
    }  # fmt: skip
    return _row(
        facts, "XML3", STT=str(at), DON_GIA_BV=_number(one.line.price), DON_GIA_BH=_number(one.line.insured_price),
        TYLE_TT_DV=_number(one.line.service_rate), T_TRANTT=_number(one.line.ceiling) if one.line.ceiling else "",
        TT_THAU=said.tender, MA_GIUONG=said.bed, NGUOI_THUC_HIEN=said.performer, MA_MAY=said.machine,
        MA_BENH=facts.visit.diagnoses[0][0] if facts.visit.diagnoses else "", NGAY_KQ=moment_text(one.result_at),
        **named, **_money(facts, one),
    )  # fmt: skip


def _result(facts: ClaimFacts, at: int, one: ResultFacts) -> dict[str, str]:
    return _row(
        facts, "XML4", STT=str(at), MA_DICH_VU=one.service, MA_CHI_SO=one.index, TEN_CHI_SO=one.name[:_LONGEST_VALUE],
        GIA_TRI=one.value[:_LONGEST_VALUE], DON_VI_DO=one.unit, MO_TA=one.description, KET_LUAN=one.conclusion,
        NGAY_KQ=moment_text(one.at), MA_BS_DOC_KQ=one.licence,
    )  # fmt: skip


def _paper(facts: ClaimFacts, table: str, summary: Row) -> dict[str, str]:
    """A paper: what it repeats of the summary, what the visit says, what was typed."""
    names = {one.name for one in tables()[table].fields}
    visit = facts.visit
    signed = {
        "STT": "1", "NGAY_YL": summary["NGAY_VAO"], "NGAY_CT": moment_text(visit.ended)[:8], "MA_TTDV": visit.head_code,
        "MA_BS": visit.doctor_licence, "TEN_BS": visit.doctor_name, "MA_BAC_SI": visit.doctor_licence,
        "MA_KHOA_RV": visit.department, "PP_DIEUTRI": visit.conclusion, "QT_BENHLY": _course(facts),
        "TOMTAT_KQ": _told(facts.results), "MA_CSKCB_DI": visit.facility, "MA_CSKCB_DEN": summary["MA_NOI_DEN"],
    }  # fmt: skip
    signed |= _of_stay(facts)
    repeated = {name: summary[name] for name in names & REPEATED & summary.keys()}
    kept = {name: text for name, text in signed.items() if name in names}
    return _row(facts, table, **(repeated | kept | _typed(facts, table)))


def _of_stay(facts: ClaimFacts) -> dict[str, str]:
    """What the papers say of how a stay ended; leave after a stay stands on the discharge paper."""
    stay = facts.stay
    if stay is None:
        return {}
    told = {"MA_YTE": facts.person.number, "GHI_CHU": stay.advice, "TINH_TRANG_CT": stay.condition}
    if stay.leave:
        first, last = stay.leave
        told |= {
            "SO_NGAY_NGHI": str((last - first).days + 1),
            "NGOAITRU_TUNGAY": day_text(first),
            "NGOAITRU_DENNGAY": day_text(last),
        }
    return told


def _typed(facts: ClaimFacts, table: str) -> dict[str, str]:
    return {name: text for name, text in facts.added.get(table, {}).items() if name in TYPED[table] and text}


def _course(facts: ClaimFacts) -> str:
    return "\n".join(one.text for one in facts.courses) or facts.visit.reason


def _told(results: Sequence[ResultFacts]) -> str:
    """The results in words, one line each."""
    lines = []
    for one in results:
        value = f"{one.name}: {one.value} {one.unit}".strip() if one.value else one.conclusion or one.description
        lines.append(value)
    return "\n".join(lines)
