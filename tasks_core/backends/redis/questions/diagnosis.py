"""What is wrong with a server's queues: each thing looked at becomes one finding, good or bad."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from tasks_core import clock, conf
from tasks_core.backends.database.questions import diagnosis, stuck
from tasks_core.backends.database.questions.diagnosis import MAX_WAIT
from tasks_core.backends.database.questions.findings import NAMED, Finding, Level, good
from tasks_core.backends.redis import facts
from tasks_core.backends.redis.questions import figures, places, rows
from tasks_core.backends.redis.server import MICROSECOND, Server, instant, microseconds
from tasks_core.conf import DEFAULT_ALIAS

LATE = 1_000  # jobs that are due and not yet dispatched, of which the queues are asked
NEARLY_FULL = 0.9  # of the memory that it may use


def examine(
    server: Server, *, max_wait: timedelta = MAX_WAIT, backend: str = DEFAULT_ALIAS
) -> list[Finding]:
    """Look at everything once. A queue is healthy if no finding is a failure."""
    now = server.now()
    free = [each for each in figures.claimable(server) if each.queue not in figures.paused(server)]
    late = _late(server, now)
    oldest = min([each.oldest_at for each in free] + [at for at, _ in late], default=now)
    found = [
        diagnosis.clocks(skew(server), of="the server"),
        *_settings(server),
        _workers(server, now, due=sorted({queue for _, queue in late} | {e.queue for e in free})),
        stuck.silent(_silent(server, now)),
        stuck.left_behind(_left_behind(server, now)),
        diagnosis.waited(now - oldest, max_wait=max_wait),
        stuck.suspected(_suspects(server)),
        *stuck.unfinished_move(_on_their_way(server)),
        *_pauses(server),
    ]
    return diagnosis.advised(found, backend=backend)


def skew(server: Server) -> timedelta:
    """Return how far this machine's clock is ahead of the server's."""
    before = clock.now()
    theirs = server.now()
    return before + (clock.now() - before) / 2 - theirs


def _settings(server: Server) -> Iterator[Finding]:
    """Find in the server's settings what would lose jobs, and whether its memory suffices."""
    told = facts.ask(server)
    wrong = list(facts.complaints(told))
    for each in wrong:
        is_error = each.check_id.startswith("tasks_core.E")
        level = Level.FAILURE if is_error else Level.WARNING
        text = f"{each.text[0].upper()}{each.text[1:]}."
        yield Finding(about="server", level=level, text=text, advice=each.cure)
    if text := facts.unasked(told):
        yield Finding(about="server", level=Level.NOTE, text=f"{text[0].upper()}{text[1:]}.")
    elif not wrong:
        yield good("server", "The server keeps what it is given, also when it is restarted.")
    used, most = (int(told.info.get(name) or 0) for name in ("used_memory", "maxmemory"))
    if most and used > NEARLY_FULL * most:
        yield Finding(
            about="memory",
            level=Level.WARNING,
            text=f"The server's memory is full by {100 * used // most} %: it will refuse calls.",
            advice="manage.py jobs prune, a shorter retention, or a larger maxmemory",
        )


def _workers(server: Server, now: datetime, *, due: list[str]) -> Finding:
    alive = server.client.zrangebyscore(server.key("processes"), microseconds(now), "+inf")
    known = rows.processes(server, places.texts(alive)).values()
    serving = [process.queues for process in known if process.kind == "worker"]
    return diagnosis.serving(serving, lambda: due)


def _late(server: Server, now: datetime) -> list[tuple[datetime, str]]:
    """Return since when jobs are due that nobody has made ready, and of which queues they are."""
    found = server.client.zrangebyscore(
        server.key("scheduled"), "-inf", microseconds(now), start=0, num=LATE, withscores=True
    )
    pipeline = server.client.pipeline(transaction=False)
    for job_id, _ in found:
        pipeline.hget(server.key("job", job_id.decode()), "queue")
    resting = figures.paused(server)
    told = zip(found, pipeline.execute(), strict=True)
    return [
        (instant(score), queue.decode())
        for (_, score), queue in told
        if queue and queue.decode() not in resting
    ]


def _silent(server: Server, now: datetime) -> list[str]:
    dead = server.client.zrangebyscore(
        server.key("processes"), "-inf", f"({microseconds(now)}", start=0, num=NAMED
    )
    return [process.name for process in rows.processes(server, places.texts(dead)).values()]


def _left_behind(server: Server, now: datetime) -> list[str]:
    lease: timedelta = conf.get("LEASE")
    # A lease ends one lease after its last renewal; one more is a rescuer's to notice.
    long_ago = microseconds(now) - 2 * (lease // MICROSECOND)
    dead = server.client.zrangebyscore(server.key("processes"), "-inf", long_ago)
    ids = [
        job_id
        for process in places.texts(dead)
        for job_id in places.texts(server.client.smembers(server.key("owned", process)))
    ]
    return ids[:NAMED]


def _suspects(server: Server) -> list[str]:
    names = places.texts(server.client.smembers(server.key("queues")))
    found = [
        member[places.PLACE :]
        for name in names
        for member in places.texts(server.client.zrange(server.key("alone", name), 0, NAMED - 1))
    ]
    return found[:NAMED]


def _on_their_way(server: Server) -> list[str]:
    return places.texts(server.client.srandmember(server.key("moving"), NAMED))


def _pauses(server: Server) -> Iterator[Finding]:
    for queue in figures.queues(server) if figures.paused(server) else ():
        if queue.paused_at and queue.ready:
            yield diagnosis.pause(queue, queue.ready)
