"""Who must agree, and what proves it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.rules.consent import Signers, Statement, check_statement, signers_of
from registry.rules.dates import PartialDate

TODAY = date(2026, 11, 23)
ADULT = Signers(representative=False, child=False)
GOOD = Statement("self", "", "", "paper", "HS-12", text_read=True)
MOTHER = Statement("representative", "Lê Thị Mẹ", "Mẹ", "witnessed", "", text_read=True)


@pytest.mark.parametrize(
    ("birth", "signers"),
    [
        (PartialDate(date(1972, 3, 12)), ADULT),
        (PartialDate(date(2010, 11, 23)), ADULT),
        (PartialDate(date(2010, 11, 24)), Signers(representative=True, child=True)),
        (PartialDate(date(2019, 11, 23)), Signers(representative=True, child=True)),
        (PartialDate(date(2019, 11, 24)), Signers(representative=True, child=False)),
        (PartialDate(date(2019, 1, 1), "year"), Signers(representative=True, child=True)),
        (PartialDate(date(2010, 1, 1), "year"), Signers(representative=True, child=True)),
    ],
)
def test_whose_word_is_needed(birth: PartialDate, signers: Signers) -> None:
    assert signers_of(birth, TODAY) == signers


@pytest.mark.parametrize(
    ("said", "signers", "fields"),
    [
        (GOOD, ADULT, []),
        (MOTHER, ADULT, []),
        (replace(GOOD, given_by=""), ADULT, ["given_by"]),
        (GOOD, Signers(representative=True, child=False), ["given_by"]),
        (replace(MOTHER, representative=""), ADULT, ["representative"]),
        (replace(MOTHER, relationship=""), ADULT, ["relationship"]),
        (MOTHER, Signers(representative=True, child=True), ["child_agreed"]),
        (replace(MOTHER, child_agreed=True), Signers(representative=True, child=True), []),
        (replace(GOOD, proof=""), ADULT, ["proof"]),
        (replace(GOOD, proof="hearsay"), ADULT, ["proof"]),
        (replace(GOOD, note=""), ADULT, ["proof_note"]),
        (replace(GOOD, proof="vneid", note=""), ADULT, ["proof_note"]),
        (replace(GOOD, text_read=False), ADULT, ["text_read"]),
    ],
)
def test_what_is_missing_is_told_at_its_field(said: Statement, signers: Signers, fields: list[str]) -> None:
    assert [fault.field for fault in check_statement(said, signers, permits=True)] == fields


def test_a_refusal_needs_no_agreement_of_the_child() -> None:
    assert check_statement(MOTHER, Signers(representative=True, child=True), permits=False) == []


@given(st.dates(date(1920, 1, 1), TODAY))
def test_less_known_of_the_birth_never_asks_for_less(birth: date) -> None:
    exact = signers_of(PartialDate(birth), TODAY)
    vague = signers_of(PartialDate(birth.replace(month=1, day=1), "year"), TODAY)
    assert (vague.representative, vague.child) >= (exact.representative, False)
