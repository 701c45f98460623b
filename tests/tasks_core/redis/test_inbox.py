"""Workers that wait are handed what comes, and nothing is lost on its way to them."""

from datetime import timedelta

import pytest

from tasks_core.backends.redis import verbs
from tasks_core.outcomes import Cancelled, Succeeded
from tasks_core.wakes import Wake
from tests.tasks_core.redis.store import (
    HOUR,
    claim,
    claim_one,
    claimed,
    handed,
    now,
    row,
    state,
    store,
    store_many,
)
from tests.tasks_core.redis_keys import server


def test_a_waiting_worker_is_handed_a_job_when_it_is_stored(wait):
    inbox = wait()

    job = store()

    assert (state(job), row(job)["owner"]) == ("running", inbox.id.hex)
    assert inbox.wait(5) == Wake.JOBS
    [attempt] = inbox.taken()
    assert (attempt.job_id, attempt.owner, attempt.fence) == (job, inbox.id, 1)
    assert verbs.settle(server(), [(attempt, Succeeded(1))], now=now()) == ["successful"]


def test_no_more_are_handed_out_than_there_is_room_for(wait):
    inbox = wait(2)

    jobs = store_many(5)

    assert handed(inbox) == jobs[:2]
    assert claimed(inbox.id, 9) == jobs[2:]


def test_what_comes_one_by_one_fills_the_slots_and_no_more(wait):
    inbox = wait(2)

    jobs = [store() for _ in range(4)]

    assert handed(inbox) == jobs[:2]
    assert [state(job) for job in jobs[2:]] == ["ready", "ready"]


def test_who_claims_again_counts_what_is_on_its_way(wait):
    inbox = wait(4)
    store_many(3)
    with_room = store_many(5)  # the first of them fills the inbox

    found = claimed(inbox.id, 6, waits=True)

    assert found == with_room[1:3]


def test_several_share_what_comes_and_who_has_most_room_is_first(wait):
    small, large = wait(1), wait(3)

    jobs = store_many(4)

    assert handed(large) == jobs[:3]
    assert handed(small) == jobs[3:]


def test_only_who_serves_a_queue_is_handed_its_jobs(wait):
    mail, other = wait(queues=["mail", "news"]), wait(queues=["ail"])

    job = store(queue="mail")

    assert (handed(mail), handed(other)) == ([job], [])


def test_nothing_is_handed_out_of_a_paused_queue_until_it_is_resumed(wait):
    inbox = wait()
    verbs.pause(server(), "mail", now=now())
    job = store(queue="mail")
    assert handed(inbox) == []

    verbs.resume(server(), "mail")

    assert handed(inbox) == [job]


@pytest.mark.parametrize("arrow", ["dispatch", "release", "retry", "reschedule", "permit"])
def test_whatever_makes_a_job_ready_hands_it_out(wait, arrow):
    job = store(**{"when": HOUR} if arrow in {"dispatch", "reschedule"} else {"priority": 1})
    limited = [store(concurrency=("k", 1)) for _ in range(2)] if arrow == "permit" else []
    attempts = claim()
    inbox = wait()
    if arrow == "dispatch":
        server().client.zadd(server().key("scheduled"), {job.hex: 1})
        verbs.dispatch(server())
    elif arrow == "reschedule":
        verbs.reschedule(server(), [job], now=now(), when=now())
    elif arrow == "release":
        verbs.release(server(), attempts)
    elif arrow == "retry":
        verbs.settle(server(), [(attempts[0], Cancelled())], now=now())
        verbs.retry(server(), [job], now=now())
    else:
        verbs.settle(server(), [(each, Succeeded(1)) for each in attempts], now=now())
        job = limited[1]

    assert handed(inbox) == [job]


def test_workers_are_told_of_what_is_deferred_earlier_than_all_else(wait):
    inbox = wait()

    store(when=2 * HOUR)
    assert inbox.wait(5) == Wake.DEFERRED
    store(when=3 * HOUR)
    assert inbox.wait(0.01) == Wake.NOTHING
    store(when=HOUR)
    assert inbox.wait(5) == Wake.DEFERRED


def test_a_worker_is_told_of_what_it_shall_stop(wait):
    inbox = wait()
    [job] = [store()]
    assert handed(inbox) == [job]

    verbs.cancel(server(), [job], now=now())

    assert inbox.wait(5) == Wake.CANCEL


def test_workers_are_told_of_a_suspect(wait):
    store(max_attempts=2)
    attempt = claim_one()
    inbox = wait()

    verbs.bury(server(), attempt.owner, now=now(), started=[attempt.key], reasons={})

    assert inbox.wait(5) == Wake.EVERYTHING


def test_nobody_takes_a_suspect_while_jobs_are_on_their_way(wait):
    store(max_attempts=2)
    attempt = claim_one()
    inbox = wait()
    verbs.bury(server(), attempt.owner, now=now(), started=[attempt.key], reasons={})
    store()

    assert claim(inbox.id, 1, alone=True) == []
    handed(inbox)
    assert claimed(inbox.id, 1, alone=True) == [attempt.job_id]


def test_an_inbox_that_nobody_reads_is_forgotten(wait):
    inbox = wait()
    store()

    left = server().client.ttl(server().key("inbox", inbox.id.hex))
    assert timedelta(seconds=left) <= HOUR
