"""What may happen to a data-subject request, and what the law does not let it do.

Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15; Luật Khám bệnh, chữa bệnh 15/2023/QH15, article 69; TT 33/2025/TT-BYT (records must
be kept): a wish to erase clinical records is answered with the law's limits, never by deleting rows.
"""

from __future__ import annotations

OPEN = frozenset({"received", "replied"})
NEXT = {
    "received": frozenset({"received", "replied", "done", "declined", "taken-back"}),
    "replied": frozenset({"replied", "done", "declined", "taken-back"}),
}


def may_become(state: str, wanted: str) -> bool:
    """Whether a request in this state may be put into the wanted one; a closed one stays as it is."""
    return wanted in NEXT.get(state, frozenset())


def may_be_done(kind: str) -> bool:
    """Whether a request of this kind can be carried out: erasing cannot, while the records must be kept."""
    return kind != "erase"
