"""Telling workers that some jobs need not run."""

from collections.abc import Sequence
from uuid import UUID

from tasks_core.backends.celery import records
from tasks_core.backends.celery.connecting import App, connection
from tasks_core.results import Snapshot
from tasks_core.states import FINAL, JobState

BEGUN = FINAL | {JobState.RUNNING}


def revoke(app: App, ids: Sequence[UUID]) -> None:
    """
    Tell living workers, who remember it in memory, and keep it as the result of each job.

    So a worker that starts later knows it too, where results are kept.
    """
    with connection(app) as link:
        app.control.revoke([str(job_id) for job_id in ids], connection=link)
    if not records.are_kept(app):
        return
    for job_id, known in records.find_many(app, ids).items():
        if known.status not in BEGUN:
            reason = JobState.CANCELLED.value
            told = Snapshot(id=job_id, status=JobState.CANCELLED, reason=reason)
            records.keep(app, told.but(attempts=known.attempts, errors=known.errors))
