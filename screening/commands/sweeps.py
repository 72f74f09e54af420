"""The failsafe of the failsafe: the whole city is asked whether anybody's positive is on nobody's list."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import structlog
from django.db import connection
from django.db.models import Count, Exists, OuterRef, Q

from registry.kernel import Context, Permission, command, record_audit
from screening.commands.arrivals import settle_with_record
from screening.commands.escalation import escalate
from screening.commands.landing import restart
from screening.models import Duty, Enrolment, Result, Sample, Sweep
from screening.queries.invariant import Proof, prove
from screening.queries.scope import today_of

log = structlog.get_logger(__name__)
AT_ONCE = 1000

# Open duties for which the record already holds an examination of the owed action that nobody has taken into account.
_ANSWERED = """
SELECT DISTINCT e.enrolment_id
  FROM screening_duty d
  JOIN screening_episode e ON e.id = d.episode_id
  JOIN screening_programmeversion v ON v.id = e.version_id
  JOIN screening_enrolment n ON n.id = e.enrolment_id
  JOIN screening_result t ON t.id = d.result_id
  LEFT JOIN screening_kit k ON k.id = t.kit_id
 CROSS JOIN LATERAL jsonb_array_elements(v.rules->'actions') a
  JOIN records_procedure p ON p.patient_id = n.patient_id AND p.superseded_by_id IS NULL
 WHERE d.closed_at IS NULL AND a->>'code' = d.action AND a->'codes' ? p.code
   AND (p.performed_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date
       >= coalesce(k.sampled_on, (k.issued_at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date, t.performed_on,
                   (t.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)
   AND NOT EXISTS (SELECT 1 FROM screening_result r WHERE r.procedure_id = p.id)
 LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class Swept:
    """What a sweep found. recovered: positives nobody had on a list (0 unless something is broken); settled: duties that
    an examination in the record had answered; escalated: duties and samples told one level up; open and overdue: the city's
    clocks after the sweep; positives: how many were looked at; lost: how many of them still have neither one open duty nor a
    documented end; owing: closed episodes that still owe something. The last two are 0 when the failsafe holds."""

    recovered: int
    settled: int
    escalated: int
    open: int
    overdue: int
    positives: int
    lost: int
    owing: int


@command(Permission.SCREENING_ASSESS)
def sweep(ctx: Context) -> Swept:
    """Open every missing duty, close the answered ones, tell the late ones upwards, prove the rest. Running it again changes
    nothing."""
    recovered = [_recover(ctx, result) for result in _unanswered()]
    settled = [enrolment for enrolment in _answered() if settle_with_record(ctx, enrolment)]
    escalated = escalate(ctx)
    clocks = _clocks(ctx)
    proof = prove()
    swept = Swept(len(recovered), len(settled), escalated, **clocks, **asdict(proof))
    Sweep.objects.create(at=ctx.at, **asdict(swept))
    record_audit(ctx, "sweep-duties", detail=asdict(swept))
    (log.error if recovered or proof != Proof(proof.positives, 0, 0) else log.info)("screening.swept", **asdict(swept))
    return swept


def _clocks(ctx: Context) -> dict[str, int]:
    """The city's running clocks, of duties and of samples."""
    counted = {"open": Count("pk"), "overdue": Count("pk", filter=Q(deadline__lt=today_of(ctx)))}
    duties = Duty.objects.filter(closed_at=None).aggregate(**counted)
    samples = Sample.objects.filter(closed_at=None).aggregate(**counted)
    return {key: duties[key] + samples[key] for key in counted}


def _unanswered() -> list[Result]:
    """Positive results of open episodes where nothing is owed, the oldest first; at most AT_ONCE."""
    results = Result.objects.filter(
        ~Exists(Duty.objects.filter(episode=OuterRef("episode"), closed_at=None)),
        verdict=Result.Verdict.POSITIVE,
        episode__closed_at=None,
    )
    oldest = results.select_related("episode__enrolment__patient", "episode__version").order_by("at", "pk")[:AT_ONCE]
    latest = {result.episode_id: result for result in oldest}
    return list(latest.values())


def _recover(ctx: Context, result: Result) -> Duty:
    Enrolment.objects.select_for_update(no_key=True).get(pk=result.episode.enrolment_id)
    return restart(ctx, result)


def _answered() -> list[Enrolment]:
    with connection.cursor() as cursor:
        cursor.execute(_ANSWERED, [AT_ONCE])
        ids = [row[0] for row in cursor.fetchall()]
    return list(Enrolment.objects.select_for_update(of=("self",), no_key=True).filter(pk__in=ids).order_by("pk"))
