"""What stored rows, and outcomes, say about their jobs."""

from collections.abc import Sequence
from uuid import UUID

from tasks_core.models import Job
from tasks_core.outcomes import AttemptError
from tasks_core.results import Record, Snapshot
from tasks_core.states import JobState


def snapshots(alias: str, ids: Sequence[UUID]) -> dict[UUID, Snapshot]:
    """Return what is known of each of the jobs that exist."""
    return {job.pk: snapshot_of(job) for job in Job.rows.using(alias).filter(pk__in=ids)}


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


def record(alias: str, job_id: UUID) -> Record | None:
    """Return all that is known of one job."""
    job = Job.rows.using(alias).filter(pk=job_id).first()
    if job is None:
        return None
    return Record(
        snapshot=snapshot_of(job),
        task=job.task,
        args=job.args,
        kwargs=job.kwargs,
        queue=job.queue,
        priority=job.priority,
        context=job.context,
        enqueued_at=job.enqueued_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        worker=str(job.claimed_by_id or ""),
    )
