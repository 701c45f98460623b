"""Running jobs say how far they are; only their owner's word is written."""

from collections.abc import Sequence

from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job
from tasks_core.progress import Report
from tasks_core.states import JobState


def report_progress(alias: str, reports: Sequence[Report]) -> int:
    """Store what the jobs of these attempts have done; return how many were still ours."""
    if not reports:
        return 0
    # In one order, so that two transactions cannot wait for each other.
    in_order = sorted(reports, key=lambda report: report[0].job_id)
    count = in_transaction(alias, lambda: sum(_store(alias, report) for report in in_order))
    for attempt, done, total in reports:
        attempt.progress.written(done, total)
    return count


def _store(alias: str, report: Report) -> int:
    attempt, done, total = report
    mine = Job.rows.using(alias).filter(
        pk=attempt.job_id,
        claimed_by=attempt.owner,
        fence=attempt.fence,
        state=JobState.RUNNING,
    )
    return mine.update(progress_done=done, progress_total=total)
