"""What an operator does in a process that does not know the schedule's task or trigger."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model

from scheduler import Every, operations
from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at, declare, ledger, tick

pytestmark = pytest.mark.django_db


class Hourly:
    """A trigger of somebody else."""

    def next_after(self, moment):
        return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

    def spec(self):
        return "on the hour"


ENTRY = {"task": "tests.app.tasks.nothing", "trigger": Hourly(), "overlap": "allow"}


@pytest.fixture
def ada():
    return get_user_model().objects.create_user("ada")


def elsewhere(verb, moment, **options):
    """Let a process operate that knows no declaration."""
    with only_declared(), FrozenClock(moment):
        return verb("tea", **options)


def look(moment):
    with only_declared({"tea": ENTRY}), FrozenClock(moment):
        scheduler = Scheduler()
        scheduler.synced = True
        scheduler.tick()


def test_a_pause_leaves_what_it_does_not_know_to_a_scheduler(ada):
    declare(at(8), **ENTRY)

    assert elsewhere(operations.pause, at(9, 5), user=ada)

    row = Schedule.objects.get()
    assert (row.watermark, row.next_due_at, row.paused_at) == (at(8), at(9), at(9, 5))
    assert ledger() == []
    look(at(10, 5))
    assert ledger() == [(at(9), "enqueued"), (at(10), "paused")]


def test_so_does_the_end_of_a_pause(ada):
    declare(at(8), **ENTRY)
    elsewhere(operations.pause, at(8, 30), user=ada)

    assert elsewhere(operations.resume, at(10, 30), user=ada).was_paused
    assert not elsewhere(operations.resume, at(10, 40), user=ada).was_paused

    look(at(11))
    assert ledger() == [(at(9), "paused"), (at(11), "enqueued")]
    assert Occurrence.objects.get(due_at=at(9)).until_at == at(10)


def test_an_unknown_task_is_not_recorded_as_replaced(ada):
    declare(at(8))
    Schedule.objects.update(task="nowhere.tea")

    elsewhere(operations.pause, at(9, 5), user=ada)
    elsewhere(operations.resume, at(9, 10), user=ada)

    assert ledger() == []
    Schedule.objects.update(task="tests.app.tasks.nothing")
    tick(at(9, 20))
    assert ledger() == [(at(9), "enqueued")]


def test_a_schedule_in_quarantine_keeps_the_times_of_its_pause(ada):
    declare(at(8), overlap="allow")
    Schedule.objects.update(quarantined_at=at(8, 10), error="boom", next_due_at=None)
    elsewhere(operations.pause, at(9, 30), user=ada)
    elsewhere(operations.resume, at(10, 30), user=ada)

    elsewhere(operations.release, at(10, 40), user=ada)
    tick(at(11))

    assert ledger() == [(at(9), "enqueued"), (at(10), "paused"), (at(11), "enqueued")]


def test_sync_wakes_a_schedule_that_nobody_waits_for():
    entry = {"task": "tests.app.tasks.nothing", "trigger": Every(hours=1)}
    declare(at(8), **entry)
    Schedule.objects.update(next_due_at=None)

    with only_declared({"tea": entry}), FrozenClock(at(9, 30)):
        assert sync().changed == ["tea"]

    assert Schedule.objects.get().next_due_at == at(9)


@pytest.mark.parametrize("spec", ["when the cows come home", "cron 61 * * * * UTC"])
@pytest.mark.parametrize("source", ["settings", "database"])
def test_a_bad_trigger_can_be_released_too(ada, spec, source):
    declare(at(8))
    Schedule.objects.update(
        quarantined_at=at(8, 10), next_due_at=None, error="boom", trigger=spec, source=source
    )

    assert elsewhere(operations.release, at(9, 5), user=ada)

    row = Schedule.objects.get()
    assert (row.quarantined_at, row.next_due_at, row.watermark) == (None, at(9, 5), at(8))
    tick(at(9, 5))
    assert bool(Schedule.objects.get().error) == (source == "database")
