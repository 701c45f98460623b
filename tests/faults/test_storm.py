"""
S16: eight schedulers at once, four hundred schedules due at one moment, and operators who lock
the same rows in the other order: who loses a deadlock begins anew, and nobody is told of it.
"""

import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread

import pytest
from django.db import DatabaseError, connection, connections, transaction

from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core import clock
from tasks_core.testing import FrozenClock
from tests.app.models import Effect
from tests.faults.kit import oracle
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.tally import size
from tests.faults.management.commands.run_two_steps import Command as TwoSteps
from tests.tasks_core.races import together

SCHEDULERS, SCHEDULES = 8, 400
MINUTES = size(1, 30)
SINCE = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OPERATORS = 2
SCENARIO = "S16 storm of deadlocks"
CONFLICTS = (1213, 1205, "40P01", "40001", "55P03", "database is locked")

pytestmark = pytest.mark.django_db(transaction=True)


class Collisions:
    """Counts, in the statements of all threads, what the database refused for a conflict."""

    def __init__(self):
        self.count = 0

    def __call__(self, execute, sql, params, *rest):
        try:
            return execute(sql, params, *rest)
        except DatabaseError as error:
            told = (*error.args[:1], getattr(error.__cause__, "sqlstate", None), str(error))
            self.count += any(one in CONFLICTS for one in told)
            raise


class Undone(Exception):
    """The operator thinks better of it."""


class Operators:
    """
    Hold what a tick is about to write, then want what it holds, again and again.

    A database ends the lighter of two transactions, or the one that waited longer: these have
    written much, so that it is the tick as often as not.
    """

    def __init__(self, moment):
        self.moment = moment
        self.ended = Event()
        self.threads = [Thread(target=self.work, args=(seed,)) for seed in range(OPERATORS)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        for thread in self.threads:
            thread.join()

    def work(self, seed):
        chance = random.Random(seed)
        while not self.ended.wait(0.002):
            # What is refused here is theirs to repeat.
            with suppress(DatabaseError, Undone), transaction.atomic():
                self.touch(f"rhythm 0 number {chance.randrange(SCHEDULES)}")
        connections.close_all()

    def touch(self, key):
        if not Schedule.objects.due(self.moment()).filter(pk=key).exists():
            return
        Effect.objects.bulk_create([Effect(name="weight")] * 200)
        minute = self.moment().replace(second=0)
        span = {"due_at": minute, "until_at": minute, "recorded_at": minute}
        Occurrence.objects.create(schedule_key=key, outcome="skipped", reason="error", **span)
        Event().wait(0.05)
        Schedule.objects.filter(pk=key).update(priority=1)
        raise Undone


@pytest.fixture
def storm():
    """Let schedulers tick at one moment, minute after minute; count collisions and errors."""

    def run(tick, *, schedules=SCHEDULES, minutes=MINUTES):
        told, collisions = Counter(), Collisions()

        def work(number):
            try:
                with connection.execute_wrapper(collisions):
                    tick()
            except DatabaseError as error:
                told[str(error)[:80]] += 1

        with only_declared(entries(schedules)), FrozenClock(SINCE) as frozen:
            Scheduler().run_once()
            with Operators(lambda: frozen.moment):
                for _ in range(minutes):
                    frozen.move_to(frozen.moment + MINUTE)
                    together(SCHEDULERS, work)
            Scheduler().drain(batches=None)
        return told, collisions.count, audit()

    return run


def entries(schedules):
    entry = oracle.schedule(1)[oracle.key(0)]
    return {f"rhythm 0 number {number}": entry for number in range(schedules)}


def tick_until_all_is_decided():
    """Go on as a scheduler process does, which waits a moment when others are at all the rows."""
    scheduler, pause = Scheduler(), Event()
    while Schedule.objects.due(clock.db_now()).exists():
        scheduler.drain()
        pause.wait(0.01)


def assert_calm(told, books):
    assert told == {}
    assert_balanced(books)


def test_every_deadlock_is_made_good(storm, tally):
    told, collisions, books = storm(tick_until_all_is_decided)

    tally.row(
        SCENARIO,
        f"{SCHEDULERS} schedulers, {books.due} due, {collisions} deadlocks and lock timeouts, "
        f"{told.total()} of them not made good",
        lost=len(books.lost),
        surplus=len(books.duplicate) + len(books.extra) + len(books.torn),
    )
    assert_calm(told, books)
    assert books.due == books.jobs == SCHEDULES * MINUTES
    assert not Schedule.objects.exclude(error="").exists()
    assert collisions or size(short=True, long=connection.vendor == "sqlite")  # it has no deadlocks


def test_two_steps_without_locks_are_found_out(storm, tally):
    told, _, books = storm(lambda: TwoSteps().turn(), schedules=40, minutes=1)

    tally.control(SCENARIO, f"{len(books.duplicate)} surplus, {told.total()} errors in two steps")
    with pytest.raises(AssertionError):
        assert_calm(told, books)
    assert books.duplicate
