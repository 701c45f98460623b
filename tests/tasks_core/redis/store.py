"""What the tests of the Redis arrows begin with: jobs, processes, and a look at what is kept."""

from collections.abc import Callable
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import current_thread, main_thread
from typing import Any
from uuid import UUID

from tasks_core import Call, background
from tasks_core.attempts import Attempt
from tasks_core.backends.redis import verbs
from tasks_core.backends.redis.scripts import script
from tasks_core.backends.redis.server import Server
from tasks_core.outcomes import Outcome, Succeeded
from tasks_core.states import JobState
from tests.app.tasks import nothing
from tests.tasks_core.redis_keys import server

HOUR = timedelta(hours=1)


ONE = {"concurrency": ("tea", 1)}
TWO = {"concurrency": ("tea", 2)}


def now() -> datetime:
    return server().now()


def settle(attempt: Attempt, outcome: Outcome | None = None) -> list[JobState | None]:
    """Store how one attempt ended: with a success, unless something else is said."""
    return verbs.settle(server(), [(attempt, outcome or Succeeded(1))], now=now())


def rescue() -> None:
    verbs.rescue(server(), now=now())


def store(func: Any = nothing, *args: Any, **options: Any) -> UUID:
    """Enqueue one job, or defer it, and return its id."""
    on = background.on("redis")
    return (on.defer if "when" in options else on.enqueue)(func, list(args), **options).id


def store_many(count: int, **options: Any) -> list[UUID]:
    calls = [Call(nothing, **options) for _ in range(count)]
    return [result.id for result in background.on("redis").enqueue_many(calls)]


def process(queues: list[str] | None = None) -> UUID:
    """Register a worker and return its id."""
    return verbs.register(server(), kind="worker", backend="redis", queues=queues, concurrency=4).id


def end_lease(owner: UUID) -> None:
    """Let the process be silent for too long, as after a kill."""
    where = server()
    where.client.zadd(where.key("processes"), {owner.hex: 1})


def claim(owner: UUID | None = None, limit: int = 9, **options: Any) -> list[Attempt]:
    return verbs.claim(server(), owner=owner or process(), limit=limit, **options)


def claim_one(owner: UUID | None = None, **options: Any) -> Attempt:
    [attempt] = claim(owner, 1, **options)
    return attempt


def claimed(owner: UUID | None = None, limit: int = 9, **options: Any) -> list[UUID]:
    return [attempt.job_id for attempt in claim(owner, limit, **options)]


def row(job: Any) -> dict[str, str]:
    """Return what is kept of a job, given by its id, attempt or result."""
    job_id = getattr(job, "job_id", None) or getattr(job, "id", job)
    where = server()
    found = where.client.hgetall(where.key("job", job_id.hex))
    return {name.decode(): value.decode() for name, value in found.items()}


def state(job: Any) -> str | None:
    return row(job).get("state")


def admitted(key: str) -> int:
    """Return how many jobs hold a permit of the key."""
    where = server()
    return int(where.client.scard(where.key("admitted", key)))


def handed(inbox: Any) -> list[UUID]:
    """Return the jobs that have come to an inbox by now."""
    while inbox.wait(0.01):
        pass
    return [attempt.job_id for attempt in inbox.taken()]


def everything() -> dict[str, Any]:
    """Return all that the server keeps of jobs."""
    where = server()
    readers: dict[bytes, Callable[[bytes], Any]] = {
        b"string": where.client.get,
        b"hash": where.client.hgetall,
        b"set": where.client.smembers,
        b"zset": lambda key: where.client.zrange(key, 0, -1, withscores=True),
        b"list": lambda key: where.client.lrange(key, 0, -1),
    }
    found = {}
    for key in where.client.scan_iter(f"{where.name}:*", count=1000):
        name = key.decode().removeprefix(where.key(""))
        if not name.startswith(("reply:", "process")):  # leases end a little later by each try
            found[name] = readers[where.client.type(key)](key)
    return found


# The second time they do what is then to be done: more batches, or a lease a little later.
GO_ON = ("dispatch", "prune", "prune_keys", "renew")


class Twice:
    """A wire whose first answer to every command is lost: the client sends it again."""

    def __init__(self, wire: Any) -> None:
        self.wire = wire
        self.differing: list[bytes] = []

    def ask(self, command: bytes) -> Any:
        if any(script(name).sha.encode() in command for name in GO_ON):
            return self.wire.ask(command)
        self.wire.ask(command)
        if current_thread() is not main_thread():  # others change things meanwhile
            return self.wire.ask(command)
        kept = everything()
        answer = self.wire.ask(command)
        if kept != everything():
            self.differing.append(command)
        return answer

    def connect(self) -> Any:
        return self.wire.connect()


@contextmanager
def every_reply_lost(where: Server | None = None) -> Any:
    """Send every command twice, byte by byte the same."""
    where = where or server()
    plain = where._wire
    where._wire = twice = Twice(plain)  # type: ignore[assignment]
    try:
        yield twice
    finally:
        where._wire = plain
