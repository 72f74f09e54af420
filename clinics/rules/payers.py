"""Who pays, and what kind of care it is, as far as check-in asks."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Payer(StrEnum):
    """Who pays for the visit, as the desk asks it; MA_DOITUONG_KCB is derived from it and the card later."""

    INSURANCE = "insurance"
    SELF_PAY = "self-pay"
    FREE = "free"


PAYER_NAMES: Mapping[Payer, str] = {
    Payer.INSURANCE: "Bảo hiểm y tế",
    Payer.SELF_PAY: "Dịch vụ",
    Payer.FREE: "Miễn phí",
}

# MA_LOAI_KCB, leading zero kept: QĐ 130/QĐ-BYT annex, extended by QĐ 1804/QĐ-BYT (2026) to 11–16. Only the types that an
# outpatient desk opens; inpatient types come with admission.
CARE_TYPES: Mapping[str, str] = {
    "01": "Khám bệnh",
    "02": "Điều trị ngoại trú",
    "05": "Khám và lĩnh thuốc bệnh mạn tính",
    "07": "Lĩnh thuốc theo hẹn",
    "08": "Bệnh mạn tính có dịch vụ kỹ thuật",
    "13": "Khám bác sĩ gia đình",
    "15": "Khám sức khoẻ định kỳ",
    "16": "Khám tầm soát",
}
FIRST_CARE_TYPE = "01"
