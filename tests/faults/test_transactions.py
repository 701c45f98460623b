"""
S14: a job exists exactly if the transaction that asked for it was committed.

Rolled back, rolled back to a savepoint, committed with an error afterwards, or killed with
the process around the COMMIT.
"""

import pytest
from django.db import transaction

from tasks_core import Call, background
from tasks_core.models import Job
from tests.app.models import Effect
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.load import APPS
from tests.faults.kit.tally import size
from tests.faults.tasks import work
from tests.tasks_core.races import eventually

CALLS, CONTROL_CALLS = size(100, 1000), 50
PROCESSES, ROUNDS, CONTROL_ROUNDS = 4, size(2, 10), 2

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])


class RolledBack(Exception):
    pass


def nothing_but_asked(on, number):
    with transaction.atomic():
        on.enqueue(work, label=f"ghost {number}")
        raise RolledBack


def in_a_savepoint(on, number):
    with transaction.atomic():
        with pytest.raises(RolledBack), transaction.atomic():
            on.enqueue(work, key=f"ghost {number}", label="ghost")
            raise RolledBack
        background.enqueue(work, key=f"ghost {number}", label="kept")
    raise RolledBack


def around_a_savepoint(on, number):
    with transaction.atomic():
        with transaction.atomic():
            on.enqueue_many([Call(work, label=f"ghost {number}")] * 2)
        raise RolledBack


def ahead_of_an_error_on_commit(on, number):
    with transaction.atomic():
        transaction.on_commit(fail)
        background.enqueue(work, label="kept")


def fail():
    raise RolledBack


WAYS = {
    nothing_but_asked: (0, 1),  # jobs that stay, jobs that the control leaves
    in_a_savepoint: (1, 1),
    around_a_savepoint: (0, 2),
    ahead_of_an_error_on_commit: (1, 0),
}


def go_all_ways(on, calls):
    """Return how many jobs are lost, and how many there are that were rolled back."""
    for number in range(calls):
        for way in WAYS:
            with pytest.raises(RolledBack):
                way(on, number)
    kept = calls * sum(stay for stay, _ in WAYS.values())
    return kept - Job.objects.filter(label="kept").count(), sum(map(ghosts, ("default", "queue")))


def ghosts(alias):
    return Job.objects.using(alias).filter(label__startswith="ghost").count()


def assert_none(lost, ghosts):
    """Raise AssertionError unless each job exists exactly if its transaction was committed."""
    assert (lost, ghosts) == (0, 0)


def test_nothing_stays_of_what_was_rolled_back(tally):
    lost, surplus = go_all_ways(background, CALLS)

    done = f"{CALLS * len(WAYS)} transactions"
    tally.row("S14 rollbacks", done, lost=lost, surplus=surplus)
    assert_none(lost, surplus)


def test_a_queue_outside_of_the_transaction_keeps_ghosts(tally):
    lost, surplus = go_all_ways(background.on("queue"), CONTROL_CALLS)

    tally.control("S14 rollbacks", f"{surplus} ghosts")
    with pytest.raises(AssertionError):
        assert_none(lost, surplus)
    assert surplus == CONTROL_CALLS * sum(left for _, left in WAYS.values())


@pytest.fixture
def killed_at_commit(manage_process):
    """Kill processes that go on enqueueing in pairs; return lost jobs, ghosts and the kills."""

    def run(*arguments, rounds):
        start = lambda: manage_process(  # noqa: E731
            "enqueue_in_pairs", *arguments, settings={"INSTALLED_APPS": APPS}
        )
        havoc = Havoc(start, number=PROCESSES)
        havoc.begin()
        for _ in range(rounds):
            before = Effect.objects.count()
            eventually(lambda before=before: Effect.objects.count() > before + 10 * PROCESSES)
            for which in range(PROCESSES):
                havoc.kill(which)
        for child in havoc.processes:
            child.end()
        return (*differences(), havoc.kills)

    return run


def differences():
    asked = set(Effect.objects.filter(name="asked").values_list("payload__number", flat=True))
    stored = set(Job.objects.values_list("label", flat=True))
    return len(asked - stored), len(stored - asked)


def test_a_kill_around_the_commit_parts_no_job_from_its_row(killed_at_commit, tally):
    lost, surplus, kills = killed_at_commit(rounds=ROUNDS)

    pairs = Job.objects.count()
    done = f"{kills} kills, {pairs} commits"
    tally.row("S14 kill -9 at COMMIT", done, lost=lost, surplus=surplus)
    assert_none(lost, surplus)
    assert pairs > 10 * kills


def test_two_transactions_are_parted_by_kills(killed_at_commit, tally):
    lost, surplus, kills = killed_at_commit("--two-steps", rounds=CONTROL_ROUNDS)

    tally.control("S14 kill -9 at COMMIT", f"{lost} lost by {kills} kills")
    with pytest.raises(AssertionError):
        assert_none(lost, surplus)
