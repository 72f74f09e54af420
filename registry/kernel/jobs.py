"""Jobs: long work that people watch. Progress is a row in PostgreSQL, never a counter in the broker."""

from __future__ import annotations

import uuid

from django.db.models import F
from django.utils import timezone

from registry.kernel.context import Context
from registry.models import Job


def start_job(ctx: Context, kind: str, title: str, *, total: int = 0, url: str = "") -> Job:
    """Open a job. title: Vietnamese, what people see; total: units of work, 0 while unknown; url: where it is shown."""
    return Job.objects.create(
        kind=kind,
        title=title,
        total=total,
        url=url,
        facility_id=ctx.facility.id if ctx.facility else None,
        started_by_id=ctx.actor.staff_id,
        state=Job.State.RUNNING,
    )


def advance_job(job_id: uuid.UUID, *, by: int = 0, total: int | None = None) -> None:
    """Add finished units, and set the total once it is known."""
    changes: dict[str, object] = {"done": F("done") + by, "changed_at": timezone.now()}
    if total is not None:
        changes["total"] = total
    Job.objects.filter(pk=job_id).update(**changes)


def finish_job(job_id: uuid.UUID, *, failed: bool = False, message: str = "") -> None:
    """Close a job; message: Vietnamese, what came out of it. Finishing twice changes nothing."""
    Job.objects.filter(pk=job_id, ended_at=None).update(
        state=Job.State.FAILED if failed else Job.State.DONE,
        message=message,
        ended_at=timezone.now(),
        changed_at=timezone.now(),
    )
