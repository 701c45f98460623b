"""Running jobs say how far they are; only their owner's word is written."""

from collections.abc import Sequence

from tasks_core.backends.redis.server import Server
from tasks_core.progress import Report


def report_progress(server: Server, reports: Sequence[Report]) -> int:
    """Store what the jobs of these attempts have done; return how many were still ours."""
    if not reports:
        return 0
    told: list[str | int] = []
    for attempt, done, total in reports:
        owner = attempt.owner.hex if attempt.owner else ""
        told += [attempt.job_id.hex, owner, attempt.fence, done, "" if total is None else total]
    count: int = server.run("report_progress", *told)
    for attempt, done, total in reports:
        attempt.progress.written(done, total)
    return count
