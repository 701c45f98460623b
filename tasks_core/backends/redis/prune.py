"""successful, failed, cancelled -> nothing: remove what ended long ago."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from tasks_core import conf
from tasks_core.backends.redis.server import Server, microseconds
from tasks_core.states import JobState

BATCH = 500
SPARE = 3600  # seconds for which a job is kept beyond its retention, should nobody prune


def seconds_kept(state: JobState) -> int:
    """Return after how many seconds the server itself forgets a job that ended in ``state``."""
    return int(_retention(state).total_seconds()) + SPARE


def prune(
    server: Server, state: JobState, *, now: datetime, older_than: timedelta | None = None
) -> Iterator[int]:
    """Remove jobs in the final ``state``, batch by batch, the oldest first; yield each size."""
    cutoff = now - (_retention(state) if older_than is None else older_than)
    while count := server.run("prune", state.value, microseconds(cutoff), BATCH):
        yield count


def prune_keys(server: Server, *, now: datetime) -> int:
    """Forget queues and limits of which no job is left; return how many."""
    count: int = server.run("prune_keys")
    return count


def _retention(state: JobState) -> timedelta:
    kept: timedelta = conf.get(f"RETAIN_{state.name}")
    return kept
