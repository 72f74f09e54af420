"""The invariant of the failsafe, in one statement over the whole city."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

# Each positive: one open duty in its episode, or the episode is closed and something in it says how it ended. The tables
# allow at most one open duty an episode (duty_one_open), so "one" is "any".
_PROOF = """
SELECT count(*),
       count(*) FILTER (WHERE NOT (
           (e.closed_at IS NULL AND EXISTS (
               SELECT 1 FROM screening_duty d WHERE d.episode_id = e.id AND d.closed_at IS NULL))
        OR (e.closed_at IS NOT NULL AND EXISTS (
               SELECT 1 FROM screening_result x WHERE x.episode_id = e.id
                  AND (x.state = 'not-done' OR x.next_step IN ('recall', 'cease')))))),
       (SELECT count(DISTINCT o.id) FROM screening_episode o JOIN screening_duty d ON d.episode_id = o.id
         WHERE o.closed_at IS NOT NULL AND d.closed_at IS NULL)
  FROM screening_result r JOIN screening_episode e ON e.id = r.episode_id
 WHERE r.verdict = 'positive'
"""


@dataclass(frozen=True, slots=True)
class Proof:
    """positives: results looked at; lost: of those, without exactly one open duty or a documented end; owing: closed
    episodes that still owe something."""

    positives: int
    lost: int
    owing: int


def prove() -> Proof:
    """Ask the whole city. Counts only; they tell of nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_PROOF)
        return Proof(*(cursor.fetchone() or (0, 0, 0)))
