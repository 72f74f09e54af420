"""The words of a result sheet (phiếu kết quả): its title, and how a flag stands on paper without colour."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from clinics.rules.orders import ServiceKind

# Titles as clinics print them on the sheets of each kind [M: the exact template of TT 32/2023/TT-BYT was not at hand].
SHEET_TITLES: Mapping[ServiceKind, str] = {
    ServiceKind.LAB: "Phiếu kết quả xét nghiệm",
    ServiceKind.IMAGING: "Phiếu kết quả chẩn đoán hình ảnh",
    ServiceKind.FUNCTION: "Phiếu kết quả thăm dò chức năng",
}
MIXED_TITLE = "Phiếu kết quả cận lâm sàng"

# HL7 v2 table 0078 as it is printed: a letter, so that a black and white copy says the same; "!" for what is critical.
FLAG_SIGNS: Mapping[str, str] = {"L": "L ↓", "H": "H ↑", "LL": "LL ↓↓ !", "HH": "HH ↑↑ !", "A": "* "}
LEGEND = (
    "L ↓: thấp hơn khoảng tham chiếu. H ↑: cao hơn. LL ↓↓ ! và HH ↑↑ !: đến mức nguy kịch. *: bất thường. "
    "Khoảng tham chiếu theo giới và tuổi người bệnh ngày lấy mẫu."
)


def sheet_title(kinds: Collection[str]) -> str:
    """The title for the kinds of services on one sheet."""
    named = {SHEET_TITLES.get(ServiceKind(one), MIXED_TITLE) for one in kinds}
    return named.pop() if len(named) == 1 else MIXED_TITLE


def flag_sign(flag: str) -> str:
    """What stands beside a value: "" for a normal one, the flag itself where a sender uses one of their own."""
    return FLAG_SIGNS.get(flag, "" if flag in {"", "N"} else flag).strip()
