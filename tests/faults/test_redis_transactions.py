"""
S14 on Redis: no job of what was rolled back, and with ``durable=True`` each job of what was
committed, whatever happens between the COMMIT and the push.
"""

import os
import signal

import pytest
from django.db import connections, transaction

from tasks_core import Call, background, clock, outbox
from tasks_core.models import Outbox
from tasks_core.testing import FrozenClock
from tests.app.models import Effect
from tests.faults.kit.lives import in_a_process
from tests.faults.kit.redis_books import rows
from tests.faults.kit.tally import size
from tests.faults.tasks import work
from tests.tasks_core.rows import HOUR

CALLS, CONTROL_CALLS = size(50, 1000), 20
KILLS = size(5, 100)
ROLLBACKS, KILLED = "S14 rollbacks", "S14 kill -9 at COMMIT"

pytestmark = [pytest.mark.vendor("sqlite"), pytest.mark.django_db(transaction=True)]


class RolledBack(Exception):
    pass


def nothing_but_asked(number, **said):
    with transaction.atomic():
        background.enqueue(work, label=f"ghost {number}", **said)
        raise RolledBack


def in_a_savepoint(number, **said):
    with transaction.atomic():
        with pytest.raises(RolledBack), transaction.atomic():
            background.enqueue(work, key=f"key {number}", label="ghost", **said)
            raise RolledBack
        background.enqueue(work, key=f"key {number}", label="kept", **said)
    raise RolledBack


def around_a_savepoint(number, **said):
    with transaction.atomic():
        with transaction.atomic():
            background.enqueue_many([Call(work, label=f"ghost {number}", **said)] * 2)
        raise RolledBack


def ahead_of_an_error_on_commit(number, **said):
    with transaction.atomic():
        background.enqueue(work, label="kept", **said)
        transaction.on_commit(fail)


def behind_an_error_on_commit(number, **said):
    """Of the push that Django leaves out then, only the outbox knows."""
    with transaction.atomic():
        transaction.on_commit(fail)
        background.enqueue(work, label="kept", **said)


def fail():
    raise RolledBack


WAYS = {
    nothing_but_asked: 0,  # jobs that stay
    in_a_savepoint: 1,
    around_a_savepoint: 0,
    ahead_of_an_error_on_commit: 1,
    behind_an_error_on_commit: 1,
}


def go_all_ways(calls, **said):
    """Return how many jobs are lost, and how many there are that were rolled back."""
    for number in range(calls):
        for way in WAYS:
            with pytest.raises(RolledBack):
                way(number, **said)
    sweep()
    labels = [row.label for row in rows()]
    ghosts = sum(label.startswith("ghost") for label in labels)
    return calls * sum(WAYS.values()) - labels.count("kept"), ghosts


def sweep():
    """Hand over what others left in the outbox, once it is sure that they have left it."""
    with FrozenClock(clock.now() + HOUR):
        outbox.sweep()
    assert Outbox.objects.count() == 0


def assert_none(lost, ghosts):
    assert (lost, ghosts) == (0, 0)


def test_nothing_stays_of_what_was_rolled_back(own_redis, tally):
    own_redis()

    lost, surplus = go_all_ways(CALLS, durable=True)

    tally.row(ROLLBACKS, f"{CALLS * len(WAYS)} transactions", lost=lost, surplus=surplus)
    assert_none(lost, surplus)


def test_without_the_outbox_there_are_no_ghosts_either(own_redis):
    own_redis()

    lost, surplus = go_all_ways(CONTROL_CALLS)

    assert (lost, surplus) == (CONTROL_CALLS, 0)  # behind errors of others


def test_a_push_that_does_not_wait_for_the_commit_keeps_ghosts(own_redis, settings, tally):
    own_redis()
    options = settings.JOBS["default"]["OPTIONS"] | {"on_commit": False}
    settings.JOBS = {"default": settings.JOBS["default"] | {"OPTIONS": options}}

    lost, surplus = go_all_ways(CONTROL_CALLS)

    tally.control(ROLLBACKS, f"{surplus} ghosts")
    with pytest.raises(AssertionError):
        assert_none(lost, surplus)


# Killed between the COMMIT and the push.


def die_after_the_commit(number, **said):
    with transaction.atomic():
        Effect.objects.create(name="asked", payload={"number": number})
        transaction.on_commit(lambda: os.kill(os.getpid(), signal.SIGKILL))
        background.enqueue(work, label=str(number), **said)


def live_and_die(**said):
    """Let processes commit some jobs each, and die before the last one's push; count the lost."""
    for kill in range(KILLS):

        def life(kill=kill):
            for number in range(3):
                with transaction.atomic():
                    Effect.objects.create(name="asked", payload={"number": f"{kill} {number}"})
                    background.enqueue(work, label=f"{kill} {number}", **said)
            die_after_the_commit(f"{kill} last", **said)

        connections.close_all()
        assert os.WTERMSIG(in_a_process(life, clock.now())) == signal.SIGKILL
    sweep()
    asked = set(Effect.objects.filter(name="asked").values_list("payload__number", flat=True))
    stored = {row.label for row in rows()}
    assert len(asked) == 4 * KILLS
    return len(asked - stored), len(stored - asked)


def test_the_outbox_has_what_a_kill_kept_from_being_pushed(own_redis, tally):
    own_redis()

    lost, surplus = live_and_die(durable=True)

    tally.row(KILLED, f"{KILLS} kills, {4 * KILLS} commits", lost=lost, surplus=surplus)
    assert_none(lost, surplus)


def test_without_it_each_kill_costs_the_job(own_redis, tally):
    own_redis()

    lost, surplus = live_and_die()

    tally.control(KILLED, f"{lost} lost by {KILLS} kills without the outbox")
    with pytest.raises(AssertionError):
        assert_none(lost, surplus)
    assert (lost, surplus) == (KILLS, 0)
