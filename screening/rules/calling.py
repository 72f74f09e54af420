"""Whom to invite, how many of them in a week, by what way, and in what words.

A week's batch is as large as the laboratory and the endoscopy rooms can serve, given how many of the invited came before and
how many of those tested were positive. Every number that went in is kept with its source and shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_FLOOR, Decimal
from enum import StrEnum

from registry.rules.phones import MOBILE_LENGTH
from registry.rules.phrases import Phrase

FEWEST_MEASURED = 30  # fewer past invitations, or results, than this say nothing of a ward
LEAST_ATTENDANCE = Decimal("0.01")  # nobody came so far: still one in a hundred is reckoned with


class LeftOut(StrEnum):
    """Why an enrolled person is not in a batch; the order is that in which one is named first."""

    DECEASED = "deceased"
    CEASED = "ceased"
    SURVEILLANCE = "surveillance"
    MOVED = "moved"
    DUPLICATE = "duplicate"
    FOLLOW_UP = "follow-up"
    BEING_TESTED = "being-tested"
    INVITED = "invited"
    TESTED = "tested"
    EXCLUDED = "excluded"
    OUTSIDE = "outside"
    DEFERRED = "deferred"
    NOT_DUE = "not-due"


LEFT_OUT_NAMES = {
    LeftOut.DECEASED: "Đã mất",
    LeftOut.CEASED: "Đã ngừng tham gia",
    LeftOut.SURVEILLANCE: "Đang theo dõi sau chẩn đoán",
    LeftOut.MOVED: "Đã chuyển khỏi Hà Nội",
    LeftOut.DUPLICATE: "Cùng người với một ghi danh khác",
    LeftOut.FOLLOW_UP: "Đang có bước phải làm sau xét nghiệm",
    LeftOut.BEING_TESTED: "Đang làm xét nghiệm của vòng này",
    LeftOut.INVITED: "Đã được mời trong vòng này",
    LeftOut.TESTED: "Đã làm ở nơi khác, chưa đến hạn lại",
    LeftOut.EXCLUDED: "Hồ sơ cho thấy không cần tầm soát, hoặc chưa có thẻ BHYT khi chương trình đòi",
    LeftOut.OUTSIDE: "Ngoài tuổi hoặc giới của chương trình",
    LeftOut.DEFERRED: "Xin hoãn đến ngày khác",
    LeftOut.NOT_DUE: "Chưa đến hạn",
}


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number between 0 and 1 (or a count), and where it comes from."""

    value: Decimal
    source: Phrase
    unverified: bool = False


# Tran 2022, doi 10.1093/jjco/hyac043 (abstract): 103,542 of 672,742 eligible attended; 6.1 % of the tests were positive.
HANOI_ATTENDANCE = Estimate(Decimal("0.154"), Phrase("Hà Nội 2018–2019: 103.542 / 672.742 người (Tran 2022)"))
HANOI_POSITIVITY = Estimate(Decimal("0.061"), Phrase("Hà Nội 2018–2019: 6,1 % FIT dương tính (Tran 2022)"))


# Other programmes have no figure that was read in a source: the larger share of what may follow, so that nobody waits.
_NO_SOURCE = Phrase("Chưa có số đo ở đây và chưa có nguồn: giả định")
ASSUMED_ATTENDANCE = Estimate(Decimal("0.5"), _NO_SOURCE, unverified=True)
ASSUMED_POSITIVITY = Estimate(Decimal("0.1"), _NO_SOURCE, unverified=True)


def fallback_attendance(programme: str) -> Estimate:
    """The share of the invited who come, where too few were invited here."""
    return HANOI_ATTENDANCE if programme == "colorectal" else ASSUMED_ATTENDANCE


def fallback_positivity(programme: str) -> Estimate:
    """The share of tests that are positive, where too few were done here."""
    return HANOI_POSITIVITY if programme == "colorectal" else ASSUMED_POSITIVITY


def measured(part: int, whole: int, fallback: Estimate, what: str) -> Estimate:
    """What was measured here when it was measured often enough, else the fallback. what: with {part} and {whole}."""
    if whole < FEWEST_MEASURED:
        return fallback
    return Estimate(Decimal(part) / Decimal(whole), Phrase(what, part=part, whole=whole))


@dataclass(frozen=True, slots=True)
class WardNeed:
    """People of one ward who are due, and how many in a hundred of the invited there come."""

    ward: str
    due: int
    attendance: Estimate


@dataclass(frozen=True, slots=True)
class WardShare:
    """How many of a ward are invited, and how many of them are expected to be tested."""

    ward: str
    due: int
    invited: int
    expected: Decimal


@dataclass(frozen=True, slots=True)
class Plan:
    """A week's batch: what each ward gets, what is expected of it, and which capacity set the limit ("" for none)."""

    shares: tuple[WardShare, ...]
    tests: Decimal
    positives: Decimal
    limit: str

    @property
    def size(self) -> int:
        """People invited."""
        return sum(share.invited for share in self.shares)


def plan_batch_size(
    wards: Sequence[WardNeed], *, laboratory: int, endoscopy: int, positivity: Estimate, taken: Decimal = Decimal(0)
) -> Plan:
    """Share a week's capacity among the wards, each in proportion to who is due there.

    laboratory, endoscopy: places of the week; taken: tests that earlier invitations will still bring. Neither capacity is
    expected to be exceeded; whoever does not fit stays due. Shares stand in the order of `wards`.
    """
    by_endoscopy = Decimal(endoscopy) / positivity.value if positivity.value > 0 else Decimal("Infinity")
    room = max(min(Decimal(laboratory), by_endoscopy) - taken, Decimal(0))
    wanted = sum((need.due * _rate(need) for need in wards), Decimal(0))
    invited = [need.due for need in wards] if wanted <= room else _fit(wards, room, wanted)
    shares = tuple(
        WardShare(need.ward, need.due, count, count * _rate(need)) for need, count in zip(wards, invited, strict=True)
    )
    tests = sum((share.expected for share in shares), Decimal(0))
    limit = "" if wanted <= room else "endoscopy" if by_endoscopy < laboratory else "laboratory"
    return Plan(shares, tests, tests * positivity.value, limit)


def _rate(need: WardNeed) -> Decimal:
    return min(max(need.attendance.value, LEAST_ATTENDANCE), Decimal(1))


def _fit(wards: Sequence[WardNeed], room: Decimal, wanted: Decimal) -> list[int]:
    """The whole part of each ward's share, then one more each while there is room, the largest remainder first."""
    exact = [need.due * room / wanted for need in wards]
    invited = [int(share.to_integral_value(ROUND_FLOOR)) for share in exact]
    left = room - sum((count * _rate(need) for need, count in zip(wards, invited, strict=True)), Decimal(0))
    for at in sorted(range(len(wards)), key=lambda one: exact[one] - invited[one], reverse=True):
        if invited[at] < wards[at].due and _rate(wards[at]) <= left:
            invited[at] += 1
            left -= _rate(wards[at])
    return invited


def monday_of(day: date) -> date:
    """The Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def choose_channel(phone: str, address: str) -> str:
    """A message to a mobile, else a letter, else the ward's own list to call or visit: nobody is skipped.

    phone: national digits; mobiles have ten of them (see registry.rules.phones).
    """
    if is_mobile(phone):
        return "sms"
    return "letter" if address.strip() else "ward-list"


def is_mobile(phone: str) -> bool:
    """Whether a message can reach this number, in the national form of registry.rules.phones."""
    return len(phone) == MOBILE_LENGTH and phone.isdecimal() and phone[0] == "0" and phone[1] in "35789"


def e164(phone: str) -> str:
    """0912000345 as +84912000345."""
    return "+84" + phone.removeprefix("0")


_FIRST = (
    "{facility}: mời ông/bà đến {address} làm {test} trong chương trình tầm soát của thành phố. "
    "Xin mang theo giấy tờ tuỳ thân."
)
_REMINDER = (
    "{facility}: nhắc ông/bà đến {address} làm {test} trong chương trình tầm soát. "
    "Đã làm rồi hoặc không muốn: xin báo lại trạm."
)


def message_text(values: Mapping[str, str], *, reminder: bool) -> Phrase:
    """The message's words. No name and nothing of the person's health: somebody else may read it.

    values: test, facility, address. Always Vietnamese: it is said to residents.
    """
    return Phrase(_REMINDER if reminder else _FIRST, **values)
