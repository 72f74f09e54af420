"""The line of time as SQL: one branch a kind of entry, each reading its own index backwards and no further than a page.

A branch gives the same columns as every other; what an entry carries with it (a visit's diagnoses, medicines, results) and
its earlier versions are fetched for the entries of the page alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from records.queries.restricted import visible, with_encounter_visible

# Folded as registry.rules.text.fold folds: small letters without diacritics.
_ACCENTED = (
    "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ"
)  # fmt: skip
_PLAIN = "a" * 17 + "d" + "e" * 11 + "i" * 5 + "o" * 17 + "u" * 11 + "y" * 5
_DAY = "({date}::timestamp AT TIME ZONE 'Asia/Ho_Chi_Minh')"


def folded(text: str) -> str:
    """An SQL expression in small letters, without Vietnamese diacritics, one space for whatever is no letter or digit."""
    return f"regexp_replace(translate(lower({text}), '{_ACCENTED}', '{_PLAIN}'), '[^a-z0-9]+', ' ', 'g')"


@dataclass(frozen=True, slots=True)
class Branch:
    """One kind of entry. moment: the column of its index, a date when dated; alone: what belongs to no encounter.

    text columns are SQL over the alias t; whose: the condition that hides restricted rows; also: what else must
    hold; words: more that a search looks through.
    """

    kind: str
    table: str
    moment: str
    title: str
    text: str
    whose: str
    code: str = "''"
    said_by: str = "''"
    status: str = "''"
    also: str = ""
    dated: bool = False
    in_encounters: bool = True
    words: str = "''"

    def sql(self, *, alone: bool, searched: bool) -> str:
        """The branch's statement. alone: only what belongs to no encounter; searched: with the reader's words."""
        at = _DAY.format(date=f"t.{self.moment}") if self.dated else f"t.{self.moment}"
        within = (
            f"t.{self.moment} <= %(until_day)s AND t.{self.moment} >= %(from_day)s"
            if self.dated
            else f"t.{self.moment} <= %(at)s AND t.{self.moment} >= %(from_at)s"
        )
        words = f"concat_ws(' ', {self.code}, {self.title}, {self.text}, {self.said_by}, {self.words})"
        found = f"AND {folded(words)} LIKE %(like)s" if searched else ""
        return f"""(SELECT {at} AS at, t.id, '{self.kind}' AS kind, {self.code} AS code, {self.title} AS title,
       {self.text} AS text, {self.said_by} AS said_by, t.recorded_by_id, t.facility_id, t.system, t.source_key,
       {self.status} AS status
  FROM {self.table} t
 WHERE t.patient_id = %(patient)s AND t.superseded_by_id IS NULL AND {within} AND ({at}, t.id) < (%(at)s, %(id)s)
   AND (%(facility)s::bigint IS NULL OR t.facility_id = %(facility)s) {self.also} AND {self.whose}
   {"AND t.encounter_id IS NULL" if alone and self.in_encounters else ""} {found}
 ORDER BY t.{self.moment} DESC, t.id DESC LIMIT %(limit)s)"""  # noqa: S608 - constants


_RIGHT = "AND NOT t.mistaken"
_STANDS = "AND t.status <> 'entered-in-error'"
_OF_ENCOUNTER = with_encounter_visible("t")
_VALUE = "coalesce(nullif(t.value_text, ''), replace(trim_scale(t.value)::text, '.', ',')) || ' ' || t.unit"
_DISEASES = """coalesce((SELECT string_agg(d.code || ' ' || d.display, ' ') FROM records_condition d
    WHERE d.encounter_id = t.id AND d.superseded_by_id IS NULL), '')"""

ENCOUNTER = Branch(
    "encounter", "records_encounter", "started_at", "t.reason", "t.conclusion", visible("t", "records_encounter"),
    code="t.care_type", said_by="t.practitioner_name", status="t.status", in_encounters=False,
    words=_DISEASES,
)  # fmt: skip
CONDITION = Branch(
    "condition", "records_condition", "recorded_at", "t.display", "''", visible("t", "records_condition"),
    code="t.code", status="t.role", also=_RIGHT,
)  # fmt: skip
OBSERVATION = Branch(
    "observation", "records_observation", "observed_at", "t.display", _VALUE, visible("t", "records_observation"),
    code="t.code", also=_RIGHT,
)  # fmt: skip
REPORT = Branch(
    "report", "records_diagnosticreport", "performed_at", "t.display", "concat_ws('. ', nullif(t.conclusion, ''),"
    " nullif(t.result, ''))", visible("t", "records_diagnosticreport"), code="t.code", said_by="t.performer_name",
    also=_STANDS,
)  # fmt: skip
PROCEDURE = Branch(
    "procedure", "records_procedure", "performed_at", "t.display", "t.result", visible("t", "records_procedure"),
    code="t.code",
)  # fmt: skip
MEDICATION = Branch(
    "medication", "records_medicationrequest", "started_on", "concat_ws(' ', t.name, nullif(t.strength, ''))",
    "concat_ws('. ', nullif(t.dose, ''), nullif(t.indication, ''), nullif(t.status_reason, ''))", _OF_ENCOUNTER,
    said_by="t.prescriber_name", status="t.status", also=_STANDS, dated=True,
)  # fmt: skip
IMMUNIZATION = Branch(
    "immunization", "records_immunization", "occurred_on",
    "concat_ws(' ', t.vaccine_display, nullif(t.product, ''))",
    "concat_ws('. ', nullif(t.place, ''), nullif(t.reaction, ''), nullif(t.not_done_reason, ''))", _OF_ENCOUNTER,
    code="coalesce(t.dose_number::text, '')", said_by="t.performer_name", status="t.status", also=_STANDS, dated=True,
)  # fmt: skip
DOCUMENT = Branch(
    "document", "records_document", "dated_on", "t.title", "''",
    "(NOT t.restricted OR %(sees_restricted)s OR t.recorded_by_id = %(reader)s)",
    code="t.kind", also="AND t.withdrawn_at IS NULL", dated=True, in_encounters=False,
)  # fmt: skip

_VITALS_LEFT_OUT = "AND t.code <> ALL(%(vitals)s)"
RESULT = Branch(
    "observation", "records_observation", "observed_at", "t.display", _VALUE, visible("t", "records_observation"),
    code="t.code", also=f"{_RIGHT} {_VITALS_LEFT_OUT}",
)  # fmt: skip

# What a visit carries, for the visits of one page: [kind, title, text], a dozen of each kind at most.
_CARRIED = f"""
SELECT coalesce(json_agg(json_build_array(c.kind, c.title, c.text)), '[]') FROM (
  (SELECT 'procedure' AS kind, t.display AS title, t.result AS text FROM records_procedure t
    WHERE t.encounter_id = e.id AND t.superseded_by_id IS NULL AND {PROCEDURE.whose} LIMIT 12)
  UNION ALL
  (SELECT 'report', t.display, {REPORT.text} FROM records_diagnosticreport t
    WHERE t.encounter_id = e.id AND t.superseded_by_id IS NULL {_STANDS} AND {REPORT.whose} LIMIT 12)
  UNION ALL
  (SELECT 'observation', t.display, {_VALUE} FROM records_observation t
    WHERE t.encounter_id = e.id AND t.superseded_by_id IS NULL {_RIGHT} {_VITALS_LEFT_OUT} AND {OBSERVATION.whose} LIMIT 12)
  UNION ALL
  (SELECT 'medication', {MEDICATION.title}, t.dose FROM records_medicationrequest t
    WHERE t.encounter_id = e.id AND t.superseded_by_id IS NULL {_STANDS} AND {MEDICATION.whose} LIMIT 12)
  UNION ALL
  (SELECT 'immunization', {IMMUNIZATION.title}, t.status FROM records_immunization t
    WHERE t.encounter_id = e.id AND t.superseded_by_id IS NULL {_STANDS} AND {IMMUNIZATION.whose} LIMIT 12)
) c
"""  # noqa: S608 - constants
_TOLD = f"""
SELECT coalesce(json_agg(json_build_array(c.code, c.display, c.role) ORDER BY c.role, c.code), '[]')
  FROM records_condition c WHERE c.encounter_id = e.id AND c.superseded_by_id IS NULL AND {visible("c", "records_condition")}
"""  # noqa: S608 - constants
_EARLIER = """
SELECT coalesce(json_agg(json_build_array(v.recorded_at, v.superseded_reason) ORDER BY v.recorded_at DESC), '[]')
  FROM {table} v WHERE v.superseded_by_id = e.id
"""


def line_of_time(branches: Sequence[Branch], *, alone: bool, searched: bool, brief: bool = False) -> str:
    """The whole statement for these kinds; brief: without what visits carry and without earlier versions.

    Parameters: patient, at, id, from_at, until_day, from_day, facility, like, vitals, limit, reader_parameters(access).
    """
    parts = "\nUNION ALL\n".join(branch.sql(alone=alone, searched=searched) for branch in branches)
    earlier = " ".join(f"WHEN '{branch.kind}' THEN ({_EARLIER.format(table=branch.table)})" for branch in branches)
    more = (
        "'[]', '[]'"
        if brief
        else f"CASE e.kind WHEN 'encounter' THEN ({_CARRIED}) ELSE '[]' END, CASE e.kind {earlier} ELSE '[]' END"
    )
    return f"""
SELECT e.at, e.id, e.kind, e.code, e.title, e.text,
       coalesce(nullif(e.said_by, ''), CASE e.system WHEN 'ehr' THEN s.full_name END, ''),
       f.id, f.short_name, e.system, e.source_key, e.status,
       CASE e.kind WHEN 'encounter' THEN ({_TOLD}) ELSE '[]' END, {more}
  FROM (SELECT * FROM ({parts}) every ORDER BY at DESC, id DESC LIMIT %(limit)s) e
  JOIN registry_facility f ON f.id = e.facility_id LEFT JOIN registry_staff s ON s.id = e.recorded_by_id
 ORDER BY e.at DESC, e.id DESC
"""  # noqa: S608 - constants
