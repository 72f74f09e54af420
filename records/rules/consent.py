"""Who may answer for whom, and what proves it (Luật Bảo vệ dữ liệu cá nhân 91/2025/QH15, NĐ 356/2025/NĐ-CP).

A child under 16 (Luật Trẻ em 102/2016/QH13, article 1) is answered for by a representative; from 7 years on the child must
agree too. Where a birth date is partial, every age it can mean is respected.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from registry.rules.dates import PartialDate
from registry.rules.invalid import Invalid

CHILD_AGREES_FROM = 7
CHILD_UNTIL = 16
PROOFS_WITH_NOTE = {"paper", "vneid"}
PROOFS = {*PROOFS_WITH_NOTE, "witnessed"}


@dataclass(frozen=True, slots=True)
class Signers:
    """Whose word is needed: a representative's, and the child's own besides."""

    representative: bool
    child: bool


@dataclass(frozen=True, slots=True)
class Statement:
    """Who answers and how it is proved. note: the paper's archive number or the VNeID transaction.

    text_read: the member of staff declares that the text was read by or to whoever answers.
    """

    given_by: str
    representative: str
    relationship: str
    proof: str
    note: str
    text_read: bool
    child_agreed: bool = False


def signers_of(birth: PartialDate, on: date) -> Signers:
    """Whose word a consent of this person needs on a day."""
    youngest, oldest = _years(birth.last, on), _years(birth.value, on)
    return Signers(representative=youngest < CHILD_UNTIL, child=oldest >= CHILD_AGREES_FROM and youngest < CHILD_UNTIL)


def check_statement(said: Statement, signers: Signers, *, permits: bool) -> list[Invalid]:
    """What is wrong with who answers and with the proof. permits: whether something is agreed to."""
    faults = _giver_faults(said, signers)
    if permits and signers.child and not said.child_agreed:
        faults.append(
            Invalid("child-agreement", "Trẻ từ đủ 7 tuổi phải cùng đồng ý: hãy hỏi trẻ rồi đánh dấu.", "child_agreed")
        )
    return faults + proof_faults(said)


def proof_faults(said: Statement) -> list[Invalid]:
    """What is missing of the proof."""
    faults = []
    if said.proof not in PROOFS:
        faults.append(Invalid("proof-missing", "Hãy chọn bằng chứng của lần trả lời này.", "proof"))
    elif said.proof in PROOFS_WITH_NOTE and not said.note:
        faults.append(Invalid("proof-note-missing", "Hãy ghi số lưu bản giấy hoặc mã giao dịch VNeID.", "proof_note"))
    if not said.text_read:
        faults.append(
            Invalid("text-not-read", "Hãy xác nhận đã đọc nội dung cho người trả lời và giữ bằng chứng.", "text_read")
        )
    return faults


def _giver_faults(said: Statement, signers: Signers) -> list[Invalid]:
    if said.given_by not in {"self", "representative"}:
        return [Invalid("giver-missing", "Hãy chọn ai trả lời.", "given_by")]
    if said.given_by == "self":
        if signers.representative:
            return [
                Invalid("representative-needed", "Người dưới 16 tuổi: cha, mẹ hoặc người giám hộ trả lời.", "given_by")
            ]
        return []
    faults = []
    if not said.representative:
        faults.append(Invalid("representative-unnamed", "Hãy ghi họ tên người đại diện.", "representative"))
    if not said.relationship:
        faults.append(Invalid("relationship-missing", "Hãy ghi quan hệ với người bệnh.", "relationship"))
    return faults


def _years(born: date, on: date) -> int:
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
