"""running -> ready, failed: released, rescued, buried."""

import pytest

from tasks_core import JobState, job_backends
from tasks_core.backends.redis import verbs
from tasks_core.backends.redis.release import release, release_strays
from tasks_core.leases import Renewal
from tasks_core.signals import jobs_ended
from tests.tasks_core.redis.store import (
    HOUR,
    claim,
    claim_one,
    claimed,
    end_lease,
    everything,
    process,
    row,
    state,
    store,
    store_many,
)
from tests.tasks_core.redis_keys import server


def rescued(rescuer=None):
    return sum(each.count for each in verbs.rescue(server(), now=server().now(), rescuer=rescuer))


def buried(owner, *started, **reasons):
    found = verbs.bury(server(), owner, now=server().now(), started=started, **reasons)
    return sum(each.count for each in found)


def test_what_is_released_counts_as_never_claimed():
    job = store(priority=3)
    attempt = claim_one()

    assert release(server(), [attempt]) == 1

    assert (row(job)["att"], row(job)["fence"], row(job)["owner"]) == ("0", "1", "")
    assert claim_one().fence == 2


def test_who_owns_a_job_no_longer_cannot_release_it():
    store(max_attempts=5)
    old = claim_one()
    end_lease(old.owner)
    rescued()
    new = claim_one(alone=True)

    assert release(server(), [old]) == 0
    assert state(new) == "running"


def test_a_job_that_may_expire_may_do_so_again_when_it_is_back():
    store(expires_at=HOUR)
    attempt = claim_one()
    assert "expiring" not in everything()

    release(server(), [attempt])

    assert "expiring" in everything()


def test_a_dead_owners_job_is_claimable_again_alone():
    job = store(max_attempts=2)
    dead = claim_one().owner
    end_lease(dead)

    assert rescued() == 1

    assert (state(job), row(job)["att"], row(job)["sus"]) == ("ready", "1", "1")
    assert (claim(), claimed(alone=True)) == ([], [job])


def test_without_attempts_left_it_is_lost():
    job = store(max_attempts=1)
    end_lease(claim_one().owner)

    assert rescued() == 1
    assert (state(job), row(job)["reason"]) == ("failed", "lost")


def test_who_lives_keeps_what_it_has():
    store()
    attempt = claim_one()

    assert rescued() == 0
    assert state(attempt) == "running"


def test_only_who_lives_rescues():
    store()
    end_lease(claim_one().owner)
    sleeper = process()
    end_lease(sleeper)

    assert rescued(rescuer=sleeper) == 0
    assert rescued(rescuer=process()) == 1


def test_up_to_ten_processes_are_rescued_at_a_time():
    store_many(12)
    for _ in range(12):
        end_lease(claim_one().owner)

    assert [rescued(), rescued(), rescued()] == [10, 2, 0]


def test_a_process_that_was_seen_dead_leaves_what_had_not_begun_as_it_was():
    begun, other = store_many(2)
    owner = process()
    first, _ = claim(owner)

    assert buried(owner, first.key) == 1

    assert (row(begun)["att"], row(begun).get("sus")) == ("1", "1")
    assert (row(other)["att"], row(other).get("sus")) == ("0", None)
    assert buried(owner, first.key) == 0


def test_a_job_that_killed_its_process_fails_with_the_reason_that_is_known():
    job = store(max_attempts=1)
    attempt = claim_one()

    buried(attempt.owner, attempt.key, reasons={attempt.key: "memory"})

    assert (state(job), row(job)["reason"]) == ("failed", "memory")


@pytest.mark.parametrize("begun", [True, False])
def test_who_was_asked_to_stop_does_not_run_again(begun):
    job = store()
    attempt = claim_one()
    verbs.cancel(server(), [job], now=server().now())
    ended = []
    listener = lambda ends, **_: ended.extend(ends)  # noqa: E731
    jobs_ended.connect(listener)

    job_backends["redis"].bury(attempt.owner, [attempt.key] if begun else [])
    jobs_ended.disconnect(listener)

    assert state(job) == "cancelled"
    assert [(end.id, end.state) for end in ended] == [(job, JobState.CANCELLED)]
    assert f"stops:{attempt.owner.hex}" not in everything()


def test_a_wish_to_stop_outlives_a_crash_between_the_release_and_the_cancel():
    job = store()
    attempt = claim_one()
    verbs.cancel(server(), [job], now=server().now())
    release(server(), [attempt])

    again = claim_one()

    assert verbs.look(server(), again.owner).has_cancels
    assert verbs.cancel_requests(server(), again.owner) == [again.key]


def test_what_an_owner_does_not_know_of_is_given_back():
    store_many(2)
    owner = process()
    known, stray = claim(owner)

    assert release_strays(server(), owner, known=[known.key]) == 1

    assert (state(known), state(stray), row(stray)["att"]) == ("running", "ready", "0")
    assert release_strays(server(), owner, known=[known.key]) == 0


def test_a_job_that_was_claimed_anew_is_told_from_its_earlier_claim():
    store()
    owner = process()
    first = claim_one(owner)
    release(server(), [first])
    second = claim_one(owner)

    assert release_strays(server(), owner, known=[first.key]) == 1
    assert state(second) == "ready"


# Leases.


def test_a_lease_is_kept_late_or_lost():
    owner = process()

    assert verbs.renew(server(), owner) == Renewal.KEPT
    end_lease(owner)
    assert verbs.renew(server(), owner) == Renewal.LATE
    end_lease(owner)
    rescued()
    assert verbs.renew(server(), owner) == Renewal.LOST


def test_an_orderly_end_leaves_nothing():
    owner = process()
    verbs.end(server(), owner)

    assert not server().client.exists(server().key("processes"))
    assert verbs.renew(server(), owner) == Renewal.LOST


def test_what_is_owned_at_an_orderly_end_is_for_the_rescuers():
    job = store()
    owner = claim_one().owner
    assert not verbs.has_orphans(server())

    verbs.end(server(), owner)

    assert verbs.has_orphans(server(), ["default"])
    assert not verbs.has_orphans(server(), ["mail"])
    assert rescued() == 1
    assert state(job) == "ready"
