"""How a visit ended: KET_QUA_DTRI of QĐ 130/QĐ-BYT (annex, XML1)."""

from __future__ import annotations

from collections.abc import Mapping

OUTCOMES: Mapping[str, str] = {
    "1": "Khỏi",
    "2": "Đỡ",
    "3": "Không thay đổi",
    "4": "Nặng hơn",
    "5": "Tử vong",
    "6": "Tiên lượng nặng, xin về",
    "7": "Chưa xác định",
    "8": "Tử vong ngoại viện",
}
DEAD = frozenset({"5", "8"})
UNDETERMINED = "7"
ABSCONDED = "3"  # MA_LOAI_RV: left without telling
