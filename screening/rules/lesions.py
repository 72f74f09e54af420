"""What is found, by what test, and what counts as what: the words behind every indicator.

Findings are those of screening.rules.reported.FINDINGS, whoever reports them.
"""

from __future__ import annotations

from collections.abc import Mapping

# What is counted as found, by family: any of these findings. All adenomas include the advanced, advanced neoplasia is
# either; CIN2+ and CIN3+ include what is worse, adenocarcinoma in situ among them.
LESIONS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "colorectal": {
        "cancer": ("cancer", "invasive"),
        "advanced_adenoma": ("advanced_adenoma",),
        "adenoma": ("adenoma", "advanced_adenoma"),
        "advanced_neoplasia": ("advanced_adenoma", "cancer", "invasive"),
    },
    "cervical": {
        "cancer": ("cancer", "invasive"),
        "cin1": ("cin1",),
        "cin2": ("cin2",),
        "cin3": ("cin3",),
        "ais": ("ais",),
        "cin2_plus": ("cin2", "cin3", "ais", "cancer", "invasive"),
        "cin3_plus": ("cin3", "ais", "cancer", "invasive"),
    },
    "breast": {
        "cancer": ("cancer", "invasive", "dcis"),
        "invasive": ("invasive",),
        "dcis": ("dcis",),
    },
    "liver": {"cancer": ("cancer", "invasive")},
    "lung": {"cancer": ("cancer", "invasive")},
}
# Of several findings the worst speaks for the person; what is in none of these is "other". So the outcomes of those who were
# assessed add up to them (CanScreen5).
OUTCOMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "colorectal": {
        "cancer": ("cancer", "invasive"),
        "advanced_adenoma": ("advanced_adenoma",),
        "adenoma": ("adenoma",),
    },
    "cervical": {
        "cancer": ("cancer", "invasive"),
        "ais": ("ais",),
        "cin3": ("cin3",),
        "cin2": ("cin2",),
        "cin1": ("cin1",),
    },
    "breast": {"invasive": ("invasive",), "cancer": ("cancer",), "dcis": ("dcis",)},
    "liver": {"cancer": ("cancer", "invasive")},
    "lung": {"cancer": ("cancer", "invasive")},
}
NOTHING_FOUND, OTHER_FINDING, NOT_CLASSIFIED = "none", "other", "unclassified"
# What must be treated; suspected cancers are managed, and counted apart from what is treated at the screening clinic.
PRECANCER = ("advanced_adenoma", "cin2", "cin3", "ais", "dcis")
CANCER = ("cancer", "invasive")
# A cancer of the record by its ICD-10 category (WHO ICD-10, chapter II); D05 is DCIS.
CANCER_CODES: Mapping[str, tuple[str, ...]] = {
    "colorectal": ("C18", "C19", "C20"),
    "cervical": ("C53",),
    "breast": ("C50", "D05"),
    "liver": ("C22",),
    "lung": ("C33", "C34"),
}
# Tests told apart within a programme, by what files and versions call them; elsewhere `--by test` tells them apart.
TESTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "cervical": {
        "hpv": ("hpv", "hpv dna", "hpv-dna", "hpv_dna", "hpv mrna", "hrhpv", "21440-3", "77379-6"),
        "via": ("via", "via/vili", "vili"),
        "cytology": ("cytology", "pap", "pap smear", "pap-smear", "lbc", "19762-4", "10524-7"),
    }
}


def lesion_sets(family: str) -> Mapping[str, tuple[str, ...]]:
    """What is counted as found in this family. Raises KeyError for no family."""
    return LESIONS[family]


def outcome_names(family: str) -> tuple[str, ...]:
    """What the assessed add up to, the worst first."""
    return (*OUTCOMES[family], OTHER_FINDING, NOTHING_FOUND, NOT_CLASSIFIED)


def test_kinds(family: str) -> tuple[str, ...]:
    """The tests told apart in this family; none where there is but one."""
    return tuple(TESTS.get(family, {}))
