"""The failsafe of the failsafe: once an hour the whole city is asked whether anybody's positive is on nobody's list."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import structlog
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from registry.kernel import Context, Permission, command, record_audit
from screening.commands.arrivals import settle_with_record
from screening.commands.results import start_clock
from screening.commands.states import rules_of
from screening.models import Duty, Enrolment, TestResult
from screening.queries.scope import today_of

log = structlog.get_logger(__name__)
AT_ONCE = 1000

# Open colonoscopy duties for which the record already holds an examination that nobody has taken into account.
_ANSWERED = """
SELECT DISTINCT e.enrolment_id
  FROM screening_duty d
  JOIN screening_episode e ON e.id = d.episode_id
  JOIN screening_programmeversion v ON v.id = e.version_id
  JOIN screening_enrolment n ON n.id = e.enrolment_id
  JOIN screening_testresult t ON t.id = d.result_id
  JOIN screening_kit k ON k.id = t.kit_id
  JOIN records_procedure p ON p.patient_id = n.patient_id AND p.superseded_by_id IS NULL
 WHERE d.closed_at IS NULL AND d.step = 'colonoscopy'
   AND v.rules->'colonoscopy_codes'->'value' ? p.code
   AND (p.performed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
       >= coalesce(k.sampled_on, (k.issued_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
   AND NOT EXISTS (SELECT 1 FROM screening_assessment a WHERE a.procedure_id = p.id)
 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found. recovered: positives nobody had on a list (0 unless something is broken); settled: duties that
    an examination in the record had answered; open and overdue: the city's clocks after the sweep."""

    recovered: int
    settled: int
    open: int
    overdue: int


@command(Permission.SCREENING_ASSESS)
def sweep(ctx: Context) -> Swept:
    """Open every missing duty, close the answered ones, count the rest. Running it again changes nothing."""
    recovered = [_recover(ctx, result) for result in _unanswered()]
    settled = [enrolment for enrolment in _answered() if settle_with_record(ctx, enrolment)]
    clocks = Duty.objects.filter(closed_at=None).aggregate(
        open=Count("pk"), overdue=Count("pk", filter=Q(deadline__lt=today_of(ctx)))
    )
    swept = Swept(len(recovered), len(settled), **clocks)
    record_audit(ctx, "sweep-duties", detail=asdict(swept))
    (log.error if recovered else log.info)("screening.swept", **asdict(swept))
    return swept


def _unanswered() -> list[TestResult]:
    """Positive results without any duty, the oldest first; at most AT_ONCE."""
    results = TestResult.objects.filter(
        ~Exists(Duty.objects.filter(result=OuterRef("pk"))), outcome=TestResult.Outcome.POSITIVE
    )
    return list(results.select_related("kit__episode__enrolment", "kit__episode__version").order_by("at")[:AT_ONCE])


def _recover(ctx: Context, result: TestResult) -> Duty:
    Enrolment.objects.select_for_update(no_key=True).get(pk=result.kit.episode.enrolment_id)
    rules = rules_of(result.kit.episode)
    return start_clock(ctx, result, rules, timezone.localdate(result.measured_at), recovered=True)


def _answered() -> list[Enrolment]:
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, [AT_ONCE])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Enrolment.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk"))
