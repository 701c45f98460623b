"""ready -> running."""

from collections import Counter
from datetime import timedelta

import pytest

from tasks_core.backends.redis import verbs
from tasks_core.outcomes import Succeeded
from tests.app.tasks import explode_once, nothing
from tests.tasks_core.races import together
from tests.tasks_core.redis.store import (
    HOUR,
    claim,
    claim_one,
    claimed,
    end_lease,
    process,
    row,
    store,
    store_many,
)
from tests.tasks_core.redis_keys import server

NOTHING = "tests.app.tasks.nothing"


def test_a_claim_is_recorded_with_owner_fence_and_attempt():
    job, owner = store(), process()

    attempt = claim_one(owner)

    kept = row(job)
    assert (kept["state"], kept["owner"], kept["fence"], kept["att"]) == (
        "running",
        owner.hex,
        "1",
        "1",
    )
    assert (attempt.owner, attempt.fence, attempt.number) == (owner, 1, 1)


def test_the_highest_priority_comes_first_then_the_oldest_over_all_queues():
    late, early = store(queue="a"), store(queue="b", when=-HOUR)
    urgent, unimportant = store(queue="c", priority=1), store(priority=-1, when=-2 * HOUR)

    assert claimed() == [urgent, early, late, unimportant]


def test_only_the_queues_that_were_asked_for_are_served():
    jobs = {queue: store(queue=queue) for queue in ("a", "b", "c")}

    assert claimed(queues=["b"]) == [jobs["b"]]
    assert set(claimed(queues=["a", "c"])) == {jobs["a"], jobs["c"]}


def test_no_more_than_the_limit_are_claimed():
    store_many(5)

    assert [len(claim(limit=2)) for _ in range(4)] == [2, 2, 1, 0]


def test_nobody_claims_whose_lease_has_ended_or_who_never_registered():
    store()
    dead = process()
    end_lease(dead)

    assert claim(dead) == []
    assert len(claim()) == 1


def test_an_expired_job_is_never_claimed_and_hides_nobody():
    for _ in range(20):
        store(expires_at=-HOUR)
    living = store(expires_at=HOUR)

    assert claimed(limit=2) == [living]
    assert claimed(limit=2) == []


def test_what_has_gone_hides_nobody():
    for gone in store_many(20):
        server().client.delete(server().key("job", gone.hex))
    living = store()

    assert claimed(limit=2) == [living]


def test_a_worker_without_room_reads_nothing():
    """Of a sorted set, everything up to -1 is all of it."""
    store_many(3)
    owner = process()

    assert claim(owner, 0) == []
    assert claim(owner, 0, ahead=2, short=[NOTHING]) != []


def test_jobs_of_short_tasks_are_claimed_ahead():
    store_many(5)

    assert len(claim(limit=2, ahead=2, short=[NOTHING])) == 4


@pytest.mark.parametrize(
    ("func", "told"),
    [
        (explode_once, {}),
        (nothing, {"max_attempts": 1}),
        (nothing, {"concurrency": ("k", 9)}),
        (nothing, {"rate": "9/s"}),
        (nothing, {"timeout": 5}),
    ],
)
def test_what_must_not_wait_is_not_claimed_ahead(func, told):
    first = store()
    store(func, **told)
    wanted = store(priority=-1)

    assert claimed(limit=1, ahead=9, short=[NOTHING]) == [first, wanted]


def test_a_suspect_is_claimed_by_who_asks_for_one_alone():
    suspect = store()
    end_lease(claim_one().owner)
    verbs.rescue(server(), now=server().now())
    other = store()

    assert claimed() == [other]
    assert claimed(alone=True) == [suspect]


def test_a_paused_queue_waits_while_the_others_are_served():
    mail, other = store(queue="mail", priority=9), store()
    verbs.pause(server(), "mail", now=server().now())

    assert claimed(queues=["mail"]) == []
    assert claimed() == [other]

    verbs.resume(server(), "mail")

    assert claimed() == [mail]


# By name, as ``jobs run`` does.


def test_who_is_asked_for_by_name_is_claimed_once():
    store()
    wanted = store(queue="mail", priority=3)

    assert claimed(ids=[wanted]) == [wanted]
    assert claimed(ids=[wanted]) == []
    assert wanted not in claimed()


def test_by_name_comes_what_is_paused_or_suspect_but_nothing_expired_or_parked():
    paused, expired = store(queue="mail"), store(expires_at=-HOUR)
    verbs.pause(server(), "mail", now=server().now())
    _, parked = store(concurrency=("k", 1)), store(concurrency=("k", 1))

    assert claimed(ids=[paused, expired, parked]) == [paused]


def test_no_more_than_one_of_those_is_claimed_when_one_is_wanted():
    jobs = store_many(3)

    assert claimed(ids=jobs, limit=1) == jobs[:1]


def test_eight_threads_are_given_each_of_500_jobs_once():
    jobs = store_many(500)
    owners = [process() for _ in range(8)]

    def take_all(number):
        found = []
        while batch := claim(owners[number], 7):
            found += batch
            verbs.settle(server(), [(each, Succeeded(1)) for each in batch], now=server().now())
        return [attempt.job_id for attempt in found]

    given = Counter(job for found in together(8, take_all) for job in found)

    assert set(given) == set(jobs)
    assert set(given.values()) == {1}


def test_of_a_process_only_the_last_claim_is_remembered():
    """Whole calls, for every claim of two minutes, would fill the server's memory."""
    store_many(9)
    owner = process()
    for _ in range(9):
        claim_one(owner)

    replies = server().client.keys(server().key("reply", "*"))
    assert replies == [server().key("reply", owner.hex).encode()]
    assert timedelta(seconds=server().client.ttl(replies[0])) <= timedelta(minutes=2)
