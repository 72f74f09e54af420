"""The words and codes of the form's second part: history and what bears on health (QĐ 831/QĐ-BYT, 11/03/2017).

Where the numbers come from: the order 1..15 of diseases, 1..7 of disabilities and 1..4 of allergies, and the meaning of
LOAIDE (0 vaginal, 1 caesarean), TRANGTHAI (0 no, 1 yes, 2 regularly) and DABO (1 has given up), are read from the public
source of a hospital system that sends this XML to provincial platforms (GitHub: Vietsens/hisnguonmo, plugin
KskSyncListQD831, classes of 2026). They are one sender's reading; the Ministry publishes no code list with the decision.
Kinds 5 and above of risk factors are ours: the form writes them as text of their own tags.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Choice:
    """One box of the form. key: what is stored; label: what clinics read; code: the number at the XML edge."""

    key: str
    label: str
    code: str = ""


def _by_key(*choices: Choice) -> Mapping[str, Choice]:
    return {choice.key: choice for choice in choices}


# DSBENH/LOAIBENH 1..15
DISEASES: Mapping[int, str] = {
    1: "Bệnh tim mạch",
    2: "Tăng huyết áp",
    3: "Đái tháo đường",
    4: "Bệnh dạ dày",
    5: "Bệnh phổi mạn tính",
    6: "Hen suyễn",
    7: "Bệnh bướu cổ",
    8: "Viêm gan",
    9: "Tim bẩm sinh",
    10: "Tâm thần",
    11: "Tự kỷ",
    12: "Động kinh",
    13: "Ung thư",
    14: "Lao",
    15: "Bệnh khác",
}
OTHER_DISEASE = 15

# DSDIUNG/LOAI 1..4; the keys are FHIR AllergyIntolerance.category where it has one.
ALLERGIES = _by_key(
    Choice("medication", "Thuốc", "1"),
    Choice("chemical", "Hoá chất, mỹ phẩm", "2"),
    Choice("food", "Thực phẩm", "3"),
    Choice("other", "Khác", "4"),
)

# DSKHUYETTAT/LOAI 1..7
DISABILITIES = _by_key(
    Choice("hearing", "Thính lực", "1"),
    Choice("sight", "Thị lực", "2"),
    Choice("arm", "Tay", "3"),
    Choice("leg", "Chân", "4"),
    Choice("spine", "Cong vẹo cột sống", "5"),
    Choice("cleft", "Khe hở môi, vòm miệng", "6"),
    Choice("other", "Khác", "7"),
)

# TINHTRANG_LUCSINH/LOAIDE
DELIVERIES = _by_key(Choice("vaginal", "Đẻ thường", "0"), Choice("caesarean", "Đẻ mổ", "1"))


@dataclass(frozen=True, slots=True)
class RiskKind:
    """A risk factor of the form. code: DSYEUTO/LOAI, empty for those the form writes as text of their own tag.

    unit: what an amount counts; habit: it has a state (never, now, given up); quits: it can be given up.
    """

    key: str
    label: str
    code: str = ""
    unit: str = ""
    habit: bool = False
    quits: bool = False


RISKS: Mapping[str, RiskKind] = {
    kind.key: kind
    for kind in (
        RiskKind("tobacco", "Hút thuốc lá, thuốc lào", "1", "điếu/ngày", habit=True, quits=True),
        RiskKind("alcohol", "Uống rượu bia", "2", "ly, cốc/ngày", habit=True, quits=True),
        RiskKind("drugs", "Sử dụng ma tuý", "3", habit=True, quits=True),
        RiskKind("exercise", "Hoạt động thể lực", "4", "phút/tuần", habit=True),
        RiskKind("exposure", "Yếu tố tiếp xúc nghề nghiệp, môi trường sống"),
        RiskKind("toilet", "Loại hố xí của gia đình"),
        RiskKind("other", "Nguy cơ khác"),
    )
}

RISK_STATES: Mapping[str, str] = {
    "never": "không",
    "now": "có",
    "regularly": "thường xuyên",
    "quit": "đã bỏ",
}

# Who is ill, or to be reached: HL7 v3-RoleCode (FHIR RelatedPerson.relationship, FamilyMemberHistory.relationship).
RELATIONSHIPS: Mapping[str, str] = {
    "MTH": "Mẹ",
    "FTH": "Bố",
    "SPS": "Vợ, chồng",
    "CHILD": "Con",
    "SIB": "Anh, chị, em ruột",
    "GRPRN": "Ông, bà",
    "GRNDCHILD": "Cháu (của ông, bà)",
    "GUARD": "Người giám hộ",
    "EXT": "Họ hàng khác",
    "FRND": "Người quen",
}
HEAD_OF_HOUSEHOLD = "ONESELF"
HOUSEHOLD_RELATIONSHIPS: Mapping[str, str] = {HEAD_OF_HOUSEHOLD: "Chủ hộ", **RELATIONSHIPS}
BLOOD_RELATIVES = ("MTH", "FTH", "SIB", "CHILD", "GRPRN", "GRNDCHILD", "EXT")

# Sections of the form that can be answered "asked, and there is none".
ASKED: Mapping[str, str] = {
    "diseases": "bệnh tật",
    "disabilities": "khuyết tật",
    "surgeries": "phẫu thuật",
    "family": "bệnh và dị ứng trong gia đình",
}
