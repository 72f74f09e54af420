"""Rounds as facts: one row a person and round, of this system's own episodes and of those that others reported alike.

Every indicator, drawing and download is counted from these rows and from nothing else.
"""

from __future__ import annotations

# %(family)s: the programme's family; %(programmes)s: the codes of this system's programmes that belong to it.
REPORTED = """
SELECT r.sex, r.birth_date, r.ward_code, r.round::int AS round, r.facility_id, r.target, r.invited_on, r.tested_on, r.verdict,
       r.assessed_on, r.assessment, r.findings, r.finding_on, r.treated_on
  FROM screening_reportedround r WHERE r.programme = %(family)s
"""
