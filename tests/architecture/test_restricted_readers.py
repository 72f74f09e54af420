"""Whoever reads clinical rows hides the restricted ones, or says here why there is nothing to hide."""

from __future__ import annotations

import re

from tests.architecture.test_structure import APPS, modules, name_of

READS = re.compile(
    r"(?:FROM|JOIN)\s+records_(?:condition|encounter|observation|procedure|medicationrequest|diagnosticreport|clinicalnote|"
    r"examinationfinding)\b|\b(?:Condition|Encounter|Observation|Procedure|MedicationRequest|DiagnosticReport|ClinicalNote|"
    r"ExaminationFinding)\.objects\b"
)
HIDES = "records.queries.restricted"
NOTHING_TO_HIDE = {
    "records/queries/access.py": "counts restricted diagnoses for the audit row",
    "records/queries/restricted_codes.py": "is the predicate",
    "records/queries/ties.py": "asks whether an encounter goes on",
    "records/queries/retention.py": "class and last day, no diagnosis",
    "records/queries/bulk.py": "compares a file with what its own sender wrote",
    "records/queries/review.py": "counts encounters by facility, for the judgement of two records",
    "records/queries/growth.py": "weights and heights: vital signs are never hidden",
    "clinics/queries/queue.py": "vital signs, which are never hidden; only a flag leaves",
    "clinics/queries/visit_vitals.py": "vital signs, which are never hidden",
    "clinics/queries/sheet.py": "the sheet that this visit's own doctor is writing",
    "clinics/queries/claim_facts.py": "the file of a visit states all of it by law; its maker sees no row, and is audited",
    "screening/queries/cohort.py": "dates of FIT and colonoscopy, codes of the programme",
    "screening/queries/calling.py": "picks by the codes of a version's risk groups; no code leaves, only who is invited",
    "screening/queries/dry_run.py": "counts the city by dates of tests and examinations of the programme",
    "screening/queries/elimination.py": "counts women by the days of their cervical tests; no row leaves",
    "screening/queries/round_facts.py": "days of the programme's own cancers after a negative, counted; no row leaves",
    "screening/queries/panels.py": "dates of FIT and colonoscopy, codes of the programme",
    "screening/queries/untaken.py": "numbers of rows, for the command that reads them by the programme's own codes",
}


def test_every_reader_of_clinical_rows_hides_restricted_ones() -> None:
    bare = {
        name_of(path)
        for path in modules(*APPS)
        if {"queries", "web", "api"} & set(path.parts)
        and READS.search(text := path.read_text(encoding="utf-8"))
        and HIDES not in text
    }
    assert bare - set(NOTHING_TO_HIDE) == set(), f"use {HIDES}.visible, visible_rows or with_encounter_visible"
