"""What can be noted of somebody's history: one frozen fact for each kind of row of QĐ 831's second part, and its checks.

A fact is what was typed or sent, parsed; `faults_of` says everything that cannot be true of this person. Bounds of weights,
lengths, amounts and counts are plausibility, not law: they catch a slip of the keyboard (3200 kg, 50 births).
"""

from records.rules.history_facts.birth import (
    BIRTH_LENGTH_CM,
    BIRTH_WEIGHT_G,
    GESTATION_WEEKS,
    MOST,
    TERM_WEEKS,
    Birth,
    Reproductive,
)
from records.rules.history_facts.facts import Fact, faults_of, same_thing
from records.rules.history_facts.illness import CANCER, Allergy, DisabilityFact, Disease, Surgery
from records.rules.history_facts.surroundings import AMOUNTS, OLDEST_ONSET, FamilyIllness, Issue, Relative, Risk

__all__ = [
    "AMOUNTS",
    "BIRTH_LENGTH_CM",
    "BIRTH_WEIGHT_G",
    "CANCER",
    "GESTATION_WEEKS",
    "MOST",
    "OLDEST_ONSET",
    "TERM_WEEKS",
    "Allergy",
    "Birth",
    "DisabilityFact",
    "Disease",
    "Fact",
    "FamilyIllness",
    "Issue",
    "Relative",
    "Reproductive",
    "Risk",
    "Surgery",
    "faults_of",
    "same_thing",
]
