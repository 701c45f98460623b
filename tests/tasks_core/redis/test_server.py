"""The server itself: its scripts forgotten, its memory full, its keys in one place."""

from contextlib import contextmanager

import pytest
import redis

from tasks_core import JobState, background, job_backends
from tasks_core.backends.redis import verbs
from tasks_core.leases import Renewal
from tasks_core.outcomes import AttemptError, Errored, Snoozed, Succeeded
from tasks_core.testing import FrozenClock
from tests.app.tasks import nothing
from tests.faults.kit.valkey import Valkey
from tests.tasks_core.redis.store import (
    HOUR,
    claim,
    claim_one,
    end_lease,
    everything,
    now,
    process,
    state,
    store,
    store_many,
)
from tests.tasks_core.redis_keys import hang_up, server
from tests.tasks_core.rows import NOON


def test_every_arrow_survives_that_the_server_forgets_its_scripts():
    with FrozenClock(NOON):
        for arrow in arrows():
            server().client.script_flush()
            arrow()


def arrows():
    """Yield every arrow as a function, in an order in which each has something to do."""
    held = []
    where = server()
    owner = process()
    yield lambda: store(key="tea", when=-HOUR)
    yield lambda: store(key="tea", when=HOUR, on_conflict="replace")
    yield lambda: store(expires_at=-HOUR)
    yield lambda: verbs.expire(where, now=now())
    yield lambda: verbs.dispatch(where)
    yield lambda: store_many(9, max_attempts=9)
    yield lambda: held.extend(claim(owner, 5, waits=True))
    yield lambda: held.extend(claim(owner, 1, ids=[store()]))
    yield lambda: verbs.release(where, [held.pop()])
    yield lambda: verbs.report_progress(where, [(held[0], 1, 2)])
    yield lambda: verbs.settle(where, [(held.pop(), Succeeded(1))], now=now())
    yield lambda: verbs.cancel(where, [held[0].job_id], now=now())
    yield lambda: verbs.cancel_requests(where, owner)
    yield lambda: verbs.cancel_requested(where, now=now(), ids=[held[0].job_id])
    yield lambda: verbs.release_strays(where, owner, known=[each.key for each in held])
    yield lambda: verbs.pause(where, "mail", now=now())
    yield lambda: verbs.resume(where, "mail")
    yield lambda: verbs.look(where, owner)
    yield lambda: verbs.renew(where, owner)
    yield lambda: verbs.has_orphans(where)
    yield lambda: verbs.bury(where, owner, now=now(), started=[held[1].key], reasons={})
    yield lambda: verbs.reschedule(where, [held[2].job_id], now=now(), priority=1)
    yield lambda: end_lease(claim_one(alone=True).owner)
    yield lambda: verbs.rescue(where, now=now())
    yield lambda: verbs.delete(where, [held[-1].job_id])
    yield lambda: verbs.retry(where, [held[0].job_id], now=now())
    yield lambda: list(verbs.prune(where, JobState.CANCELLED, now=now()))
    yield lambda: verbs.prune_keys(where, now=now())
    yield lambda: verbs.end(where, process())


def test_all_keys_are_in_one_place_of_a_cluster():
    with FrozenClock(NOON):
        for arrow in arrows():
            arrow()

    where = server()
    tagged = {key.decode().split(":")[0] for key in where.client.scan_iter(f"*{where.name[1:-1]}*")}

    assert tagged == {where.name}
    assert where.name.startswith("{")
    assert where.name.endswith("}")


@pytest.fixture
def own_server(settings):
    """Let these tests have a server of their own: what they do to it concerns all who use it."""
    own = Valkey()
    settings.JOBS = settings.JOBS | {
        "redis": settings.JOBS["redis"] | {"OPTIONS": {"url": own.url, "prefix": "own"}}
    }
    yield own
    hang_up()
    own.remove()


@contextmanager
def full_memory():
    """Let the server refuse whatever needs more memory."""
    client = server().client
    try:
        client.config_set("maxmemory", 1)
        yield
    finally:
        client.config_set("maxmemory", 0)


@pytest.mark.usefixtures("own_server")
def test_with_full_memory_nothing_is_half_stored():
    with full_memory(), pytest.raises(redis.exceptions.OutOfMemoryError):
        store(key="tea", concurrency=("k", 1), rate="1/s", when=HOUR)

    assert everything() == {}


@pytest.mark.usefixtures("own_server")
def test_with_full_memory_what_is_there_runs_and_ends():
    jobs = store_many(8)
    limited = [store(concurrency=("k", 1), max_attempts=9) for _ in range(2)]
    deferred = store(when=HOUR)
    server().client.zadd(server().key("scheduled"), {deferred.hex: 1})
    lost = claim_one(alone=False)

    with full_memory():
        end_lease_with_full_memory(lost.owner)
        owner = process()
        idle = process()
        assert verbs.renew(server(), owner) == Renewal.KEPT
        assert verbs.dispatch(server()) == 1
        assert [each.count for each in verbs.rescue(server(), now=now())] == [1]
        assert claim(idle, 3, queues=["empty"], waits=True) == []
        attempts = claim(owner, 99) + claim(owner, 1, alone=True)
        verbs.report_progress(server(), [(each, 1, 2) for each in attempts])
        verbs.cancel(server(), [attempts[0].job_id], now=now())
        assert verbs.cancel_requests(server(), owner) == [attempts[0].key]
        verbs.pause(server(), "mail", now=now())
        verbs.release(server(), [attempts.pop()])
        broken = Errored(AttemptError(exception="E", message="m", traceback=""), retry_in=HOUR)
        outcomes = [broken, Snoozed(HOUR)] + [Succeeded(1)] * (len(attempts) - 2)
        pairs = list(zip(attempts, outcomes, strict=True))
        assert None not in verbs.settle(server(), pairs, now=now())
        for attempt in claim(owner, 9) + claim(owner, 9, alone=True):
            verbs.settle(server(), [(attempt, Succeeded(1))], now=now())
        verbs.end(server(), owner)

    states = [state(job) for job in [*jobs, *limited, deferred]]
    assert sorted(states) == ["scheduled"] * 2 + ["successful"] * 9


def end_lease_with_full_memory(owner):
    client = server().client
    client.config_set("maxmemory", 0)
    end_lease(owner)
    client.config_set("maxmemory", 1)


@pytest.mark.usefixtures("own_server")
def test_when_there_is_memory_again_jobs_are_stored_again():
    with full_memory(), pytest.raises(redis.exceptions.OutOfMemoryError):
        store()

    assert background.on("redis").enqueue(nothing).status == "ready"
    assert len(claim()) == 1


@pytest.mark.usefixtures("own_server")
def test_with_full_memory_a_job_that_is_tried_again_stops_no_worker():
    backend = job_backends["redis"]
    store_many(2, max_attempts=9)
    owner = process()
    attempts = claim(owner, 2)
    broken = Errored(AttemptError(exception="E", message="m", traceback=""), retry_in=HOUR)

    with full_memory():
        states = backend.settle([(attempts[0], broken), (attempts[1], Succeeded())])
        assert states == [JobState.SCHEDULED, JobState.SUCCESSFUL]
        assert backend.release_strays(owner, known=[]) == 0
        assert backend.release(attempts) == 0
        assert backend.expire() == 0
