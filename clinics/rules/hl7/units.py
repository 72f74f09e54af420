"""Units that are the same sign written in another way, and those that are not."""

from __future__ import annotations

_UNIT_SIGNS = str.maketrans({"μ": "u", "µ": "u", "*": "", "^": "", " ": "", "[": "", "]": ""})
_UNIT_NAMES = {
    "10e9/l": "g/l.count", "109/l": "g/l.count", "10e12/l": "t/l.count", "1012/l": "t/l.count", "iu/l": "u/l",
    "miu/l": "mu/l", "uiu/ml": "mu/l", "10e3/ul": "g/l.count", "10e6/ul": "t/l.count", "103/ul": "g/l.count",
    "106/ul": "t/l.count", "meq/l": "mmol/l",
}  # fmt: skip
_OWN_NAMES = {"G/L": "g/l.count", "T/L": "t/l.count"}


def same_unit(sent: str, own: str) -> bool:
    """Whether a number may be taken over as it is: no unit sent, the same sign, or another way of writing it.

    g/L of haemoglobin is not G/L of cells: where letters' case decides, it counts. mEq/L equals mmol/L only for ions of one
    charge, which are the only ones reported so.
    """
    return not sent or sent == own or _plain(sent) == _plain(own)


def _plain(unit: str) -> str:
    if unit in _OWN_NAMES:
        return _OWN_NAMES[unit]
    short = unit.translate(_UNIT_SIGNS).casefold()
    return _UNIT_NAMES.get(short, short)
