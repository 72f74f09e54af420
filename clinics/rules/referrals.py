"""Sending somebody on to another facility, from a bed or from the consulting room: when it is one, and what it must say."""

from __future__ import annotations

from collections.abc import Iterator

from registry.rules.invalid import Invalid

REFERRED = frozenset({"2", "5"})  # MA_LOAI_RV: for professional reasons, at the person's wish
HOME = "1"  # MA_LOAI_RV: left as cured or as agreed


def referral_faults(discharge: str, referred_to: str, reason: str) -> Iterator[Invalid]:
    """What a referral lacks, each at its field; nothing for an ending that is none."""
    if discharge not in REFERRED:
        return
    if not referred_to.strip():
        yield Invalid("referred-nowhere", "Hãy ghi mã cơ sở chuyển đến.", "referred_to")
    if not reason.strip():
        yield Invalid("referral-reason-missing", "Hãy ghi lý do chuyển.", "referral_reason")
