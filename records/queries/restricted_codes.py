"""Which rows are restricted information, as SQL over records.models.RestrictedCode. Who may see them: restricted.py.

Encounters follow their current diagnoses; results and procedures follow their own code and their encounter, but vital
signs stay, and so do allergies: they tell nothing of the diagnosis and keep people alive. Of the history follow the
diseases of the form, those of relatives by the same boxes, and a risk by its kind (drug use).
"""

from __future__ import annotations

from records.rules.vitals import BY_CODE

# Not correlated, so that the list is hashed once a statement however many rows are judged.
_LISTED = "{code} IN (SELECT rc.code FROM records_restrictedcode rc WHERE rc.active AND rc.applies_to = '{table}')"
# One row looked up by the encounter's index, never a hash of every diagnosis of the city (as EXISTS may become);
# coalesce, so that the planner takes most rows for visible and reads a line of time in order instead of sorting it.
ENCOUNTER = """coalesce((SELECT true FROM records_condition rd
    WHERE rd.encounter_id = {encounter} AND rd.superseded_by_id IS NULL AND left(rd.code, 3) = ANY(ARRAY(
        SELECT rc.code FROM records_restrictedcode rc WHERE rc.active AND rc.applies_to = 'condition')) LIMIT 1), false)"""
# A report is restricted as its service is, as any of its numbers is, and as its encounter is.
_NUMBER_LISTED = """coalesce((SELECT true FROM records_observation rn
    WHERE rn.report_id = {row}.id AND rn.code = ANY(ARRAY(
        SELECT rc.code FROM records_restrictedcode rc WHERE rc.active AND rc.applies_to = 'observation')) LIMIT 1), false)"""
_VITALS = ", ".join(f"'{code}'" for code in sorted(BY_CODE))
HIDDEN = {
    "records_condition": "({} OR {})".format(
        _LISTED.format(table="condition", code="left({row}.code, 3)"),
        _LISTED.format(table="history", code="coalesce({row}.category::text, '')"),
    ),
    # A relative's illness points at the resident, and drug use as a risk says what F11 to F19 say of a diagnosis.
    "records_familymemberhistory": _LISTED.format(table="history", code="coalesce({row}.disease::text, '')"),
    "records_riskfactor": _LISTED.format(table="history", code="{row}.kind"),
    "records_encounter": ENCOUNTER.format(encounter="{row}.id"),
    "records_observation": f"({{row}}.code NOT IN ({_VITALS}) AND ({_LISTED} OR {ENCOUNTER}))".format(
        table="observation", code="{row}.code", encounter="{row}.encounter_id", row="{row}"
    ),
    "records_diagnosticreport": f"({_LISTED} OR {_NUMBER_LISTED} OR {ENCOUNTER})".format(
        table="observation", code="{row}.code", encounter="{row}.encounter_id", row="{row}"
    ),
    "records_procedure": f"({_LISTED} OR {ENCOUNTER})".format(
        table="procedure", code="{row}.code", encounter="{row}.encounter_id"
    ),
}


def listed_condition(row: str) -> str:
    """Whether a diagnosis is of a restricted code."""
    return HIDDEN["records_condition"].format(row=row)
