"""What stored rows, and outcomes, say about their jobs."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.attempts import Attempt
from tasks_core.models import Job
from tasks_core.outcomes import AttemptError, Outcome
from tasks_core.results import Snapshot
from tasks_core.signals import JobEnd
from tasks_core.states import FINAL, JobState


def snapshots(alias: str, ids: Sequence[UUID]) -> dict[UUID, Snapshot]:
    """Return what is known of each of the jobs that exist."""
    return {job.pk: snapshot_of(job) for job in Job.objects.using(alias).filter(pk__in=ids)}


def snapshot_of(job: Job) -> Snapshot:
    return Snapshot(
        id=job.pk,
        status=JobState(job.state),
        value=job.return_value,
        errors=[AttemptError(**error) for error in job.errors],
        attempts=job.attempts,
        reason=job.reason,
        progress=None if job.progress_done is None else (job.progress_done, job.progress_total),
    )


def ends_of(
    settled: Sequence[tuple[Attempt, Outcome]],
    states: Sequence[JobState | None],
    *,
    now: datetime,
) -> list[JobEnd]:
    """Return those of the settled attempts that were the last of their jobs."""
    return [
        JobEnd(attempt.job_id, state, now, getattr(outcome, "reason", ""), attempt.context)
        for (attempt, outcome), state in zip(settled, states, strict=True)
        if state is not None and state in FINAL
    ]
