"""What operators do: cancel, retry, reschedule, delete, pause, prune; and what expires."""

from datetime import timedelta

import pytest

from tasks_core import JobState
from tasks_core.backends.redis import verbs
from tasks_core.outcomes import AttemptError, Cancelled, Errored
from tests.tasks_core.redis.store import (
    HOUR,
    claim,
    claim_one,
    claimed,
    end_lease,
    everything,
    now,
    process,
    row,
    settle,
    state,
    store,
    store_many,
)
from tests.tasks_core.redis_keys import server

BROKEN = AttemptError(exception="E", message="broken", traceback="…")


def cancel(*jobs):
    return verbs.cancel(server(), jobs, now=now())


def failed():
    job = store(key="tea")
    settle(claim_one(), Errored(BROKEN))
    return job


def test_what_waits_is_cancelled_and_what_runs_is_asked_to_stop():
    ready, deferred = store(priority=-1), store(when=HOUR)
    running = store(priority=9)
    attempt = claim_one()

    found = cancel(ready, deferred, running, ready)

    assert {end.id for end in found.ends} == {ready, deferred}
    assert found.asked == [running]
    assert (state(ready), state(deferred), state(running)) == ("cancelled", "cancelled", "running")
    assert verbs.cancel_requests(server(), attempt.owner) == [attempt.key]
    assert claim() == []


def test_a_job_that_stops_is_cancelled_and_asked_for_no_more():
    store()
    attempt = claim_one()
    cancel(attempt.job_id)

    settle(attempt, Cancelled())

    assert not verbs.look(server(), attempt.owner).has_cancels
    assert cancel(attempt.job_id).asked == []


def test_one_that_would_be_tried_again_is_cancelled_instead():
    store()
    attempt = claim_one()
    cancel(attempt.job_id)
    settle(attempt, Errored(BROKEN, retry_in=HOUR))

    [end] = verbs.cancel_requested(server(), now=now(), ids=[attempt.job_id])

    assert (end.id, end.state, end.reason) == (attempt.job_id, "cancelled", "cancelled")


def test_what_is_too_late_expires():
    late, other = store(expires_at=-HOUR), store(expires_at=HOUR)
    later = store(expires_at=-HOUR, when=2 * HOUR)

    ends = verbs.expire(server(), now=now())

    assert {(end.id, end.reason) for end in ends} == {(late, "expired"), (later, "expired")}
    assert verbs.expire(server(), now=now()) == []
    assert claimed() == [other]


@pytest.mark.parametrize("end", ["failed", "cancelled"])
def test_what_ended_may_be_tried_again_with_all_its_attempts(end):
    job = failed() if end == "failed" else store()
    cancel(job)

    assert verbs.retry(server(), [job], now=now()) == 1
    assert verbs.retry(server(), [job], now=now()) == 0

    assert server().client.ttl(server().key("job", job.hex)) == -1
    attempt = claim_one()
    assert (attempt.job_id, attempt.number) == (job, 1)
    assert store(key="tea") != job  # another may have its key by now


def test_neither_what_runs_nor_what_waits_is_retried():
    waits, runs = store(), store(priority=1)
    claim_one()

    assert verbs.retry(server(), [waits, runs], now=now()) == 0


def test_a_waiting_job_is_put_off_and_brought_forward():
    job = store()

    assert verbs.reschedule(server(), [job], now=now(), when=now() + HOUR) == 1
    assert (state(job), claim()) == ("scheduled", [])

    assert verbs.reschedule(server(), [job], now=now(), when=now()) == 1
    assert claimed() == [job]


def test_a_waiting_job_is_moved_and_made_urgent():
    plain, job = store(), store()

    changed = verbs.reschedule(server(), [job], now=now(), queue="mail", priority=9)

    assert changed == 1
    assert claimed(queues=["mail"]) == [job]
    assert claimed() == [plain]


def test_what_runs_is_not_rescheduled():
    job = store()
    claim_one()

    assert verbs.reschedule(server(), [job], now=now(), priority=9) == 0


def test_single_jobs_are_deleted_but_none_that_runs():
    ready, deferred, ended = store(), store(when=HOUR), failed()
    running = store(priority=9)
    attempt = claim_one()

    assert verbs.delete(server(), [ready, deferred, ended, running]) == 3

    assert (state(ready), state(deferred), state(ended)) == (None, None, None)
    assert state(attempt) == "running"
    assert claim() == []
    assert not {"scheduled", "ended:failed", "key:tea"} & set(everything())


def test_what_ended_long_ago_is_pruned_in_batches_and_nothing_else(monkeypatch):
    monkeypatch.setattr("tasks_core.backends.redis.prune.BATCH", 2)
    cancel(*store_many(5))
    young, waits = failed(), store()
    later = now() + timedelta(minutes=1)

    sizes = list(verbs.prune(server(), JobState.CANCELLED, now=later, older_than=timedelta(0)))

    assert sizes == [2, 2, 1]
    assert (state(young), state(waits)) == ("failed", "ready")


def test_what_the_server_forgot_itself_is_no_trouble_for_a_prune():
    jobs = store_many(2)
    cancel(*jobs)
    server().client.delete(server().key("job", jobs[0].hex))

    later = now() + timedelta(minutes=1)
    counts = verbs.prune(server(), JobState.CANCELLED, now=later, older_than=timedelta(0))

    assert sum(counts) == 2
    assert "ended:cancelled" not in everything()


def test_a_queue_is_paused_and_resumed_once():
    assert verbs.pause(server(), "mail", now=now(), by="ada", reason="spam") is True
    assert verbs.pause(server(), "mail", now=now()) is False
    assert verbs.paused(server()) == {"mail"}
    assert verbs.resume(server(), "mail") is True
    assert verbs.resume(server(), "mail") is False
    assert verbs.paused(server()) == frozenset()


def test_queues_without_jobs_are_forgotten():
    store(queue="mail")
    store(queue="other")
    claim(queues=["mail"])

    assert verbs.prune_keys(server(), now=now()) == 1
    assert server().client.smembers(server().key("queues")) == {b"other"}


def test_a_look_says_what_there_is_and_changes_nothing():
    owner = process()
    store(queue="mail", expires_at=2 * HOUR)
    due = server().now() + HOUR
    store(when=due)
    end_lease(process())
    before = everything()

    look = verbs.look(server(), owner, queues=["mail"])

    assert (look.has_ready, look.has_dead, look.has_suspects) == (True, True, False)
    assert look.next_run_after == due
    assert look.next_expiry is not None
    assert verbs.look(server(), owner, queues=["other"]).has_ready is False
    assert everything() == before
    assert row(owner) == {}
