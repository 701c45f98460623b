"""scheduled -> ready: the time of a deferred job has come."""

from tasks_core.backends.redis.server import Server

BATCH = 500


def dispatch(server: Server, *, limit: int = BATCH) -> int:
    """Make up to ``limit`` due jobs claimable, oldest first, and return how many."""
    count: int = server.run("dispatch", limit)
    return count
