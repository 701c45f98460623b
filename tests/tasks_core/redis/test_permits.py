"""Permits add up, whatever is done in whatever order."""

import random

import pytest

from tasks_core.backends.redis import verbs
from tasks_core.outcomes import Cancelled, Snoozed, Succeeded
from tasks_core.testing import FrozenClock
from tests.tasks_core.redis.store import (
    HOUR,
    admitted,
    claim,
    end_lease,
    everything,
    now,
    rescue,
    settle,
    state,
    store,
)
from tests.tasks_core.redis_keys import server
from tests.tasks_core.rows import NOON


@pytest.mark.parametrize("seed", range(3))
def test_permits_add_up_after_anything(seed, settings):
    settings.TASKS_CORE = {"RATE_LIMITS": {"slow": "600/m"}}
    chance, held, jobs = random.Random(seed), [], []
    with FrozenClock(NOON) as clock:
        for _ in range(150):
            step(chance, held, jobs, clock)
            assert_permits_add_up()
        for queue in ("a", "b", "slow"):
            verbs.resume(server(), queue)
        verbs.retry(server(), jobs, now=now())
        for _ in range(200):
            clock.advance(minutes=5)
            verbs.dispatch(server())
            for attempt in [*held, *claim(limit=99), *claim(limit=99, alone=True)]:
                settle(attempt)
            held.clear()
            rescue()

    assert {state(job) for job in jobs} <= {"successful", "failed", "cancelled", None}
    assert admitted("one") == admitted("two") == 0


def step(chance, held, jobs, clock):
    some = chance.sample(jobs, min(len(jobs), 2))
    queue = chance.choice(["a", "b", "slow"])
    match chance.randrange(12):
        case 0 | 1 | 2:
            key = chance.choice([None, ("one", 1), ("two", 2)])
            when = {"when": HOUR} if chance.random() < 0.3 else {}
            jobs.append(store(concurrency=key, queue=queue, priority=chance.randrange(3), **when))
        case 3 | 4:
            held += claim(limit=2)
            held += claim(limit=1, alone=True)
        case 5 if held:
            settle(held.pop(), chance.choice([Succeeded(1), Snoozed(HOUR), Cancelled()]))
        case 6 if held:
            verbs.release(server(), [held.pop()])
        case 7 if held:
            dead = held[0].owner
            held[:] = [attempt for attempt in held if attempt.owner != dead]
            end_lease(dead)
            rescue()
        case 8:
            verbs.cancel(server(), some, now=now())
        case 9:
            chance.choice([verbs.delete, lambda s, ids: verbs.retry(s, ids, now=now())])(
                server(), some
            )
        case 10:
            when = chance.choice([None, now() + HOUR, now()])
            verbs.reschedule(server(), some, now=now(), when=when, queue=queue)
        case _ if chance.random() < 0.5:
            verbs.pause(server(), queue, now=now())
        case _:
            verbs.resume(server(), queue)
            clock.advance(minutes=chance.randrange(90))
            verbs.dispatch(server())


def assert_permits_add_up():
    kept = everything()
    for name, permits in (("one", 1), ("two", 2)):
        with_permit = {job.decode() for job in kept.get(f"admitted:{name}", ())}
        limited = {
            job.removeprefix("job:"): told
            for job, told in kept.items()
            if job.startswith("job:") and told.get(b"ckey") == name.encode()
        }
        may_run = {
            job
            for job, told in limited.items()
            if told[b"state"] == b"running"
            or (told[b"state"] == b"ready" and told.get(b"parked") != b"c")
        }
        assert with_permit == may_run
        assert len(with_permit) <= permits
        waits = [
            job
            for job, told in limited.items()
            if told[b"state"] == b"ready"
            and told.get(b"parked") == b"c"
            and told[b"queue"] not in kept.get("paused", {})
        ]
        assert not (waits and len(with_permit) < permits)  # nobody waits for what is free
