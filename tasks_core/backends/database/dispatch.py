"""scheduled -> ready: the time of a deferred job has come."""

from datetime import datetime

from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job
from tasks_core.states import JobState

BATCH = 500


def dispatch(alias: str, *, now: datetime, limit: int = BATCH) -> int:
    """Make up to ``limit`` due jobs claimable, oldest first, and return how many."""
    due = Job.objects.using(alias).filter(state=JobState.SCHEDULED, run_after__lte=now)
    # A look without locks first: mostly nothing is due, and SQLite has one writer.
    if not due.exists():
        return 0

    def move() -> int:
        # Rows that another worker is dispatching are skipped, never waited for.
        oldest = due.order_by("run_after").select_for_update(skip_locked=True)
        found = list(oldest.values_list("pk", flat=True)[:limit])
        return (
            Job.objects.using(alias).filter(pk__in=found).move(JobState.SCHEDULED, JobState.READY)
        )

    return in_transaction(alias, move)


def next_run_after(alias: str) -> datetime | None:
    """Return when the next deferred job becomes due, or None."""
    waiting = Job.objects.using(alias).filter(state=JobState.SCHEDULED).order_by("run_after")
    return waiting.values_list("run_after", flat=True).first()
