"""One wrong schedule never delays another, and loses nothing of its own."""

from datetime import datetime, timedelta

import pytest
from django.db import InterfaceError, OperationalError, connection

from scheduler import signals
from scheduler.due import protocol
from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_is_known():
    protocol._next_due.cache_clear()  # a trigger is not asked twice what another of its spec said


class Broken:
    """A trigger of somebody else, with a bad day."""

    error: BaseException | None = None

    def next_after(self, moment: datetime) -> datetime | None:
        if self.error:
            raise self.error
        return moment.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)

    def spec(self) -> str:
        return "hourly, unless broken"


def kitchen(number=3, **broken):
    entries = {
        f"good {n}": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"} for n in range(number)
    }
    return {**entries, "broken": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *", **broken}}


def keys():
    return sorted(Occurrence.objects.values_list("schedule_key", flat=True))


def test_a_task_that_is_gone_stops_only_its_schedule():
    with only_declared(kitchen()), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        Schedule.objects.filter(key="broken").update(task="nowhere.tea", source="database")
        clock.move_to(at(9))

        assert scheduler.run_once() == 1

    row = Schedule.objects.get(key="broken")
    assert keys() == ["good 0", "good 1", "good 2"]
    assert (row.error_count, row.watermark, row.quarantined_at) == (1, at(8), None)
    assert "nowhere.tea" in row.error
    assert row.next_due_at == at(9, 0, 30)


def test_a_database_error_of_one_row_stops_only_that_row():
    with only_declared(kitchen()), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        Occurrence.objects.create(
            schedule_key="broken",
            due_at=at(9),
            until_at=at(9),
            outcome="skipped",
            reason="error",
            recorded_at=at(8),
        )
        clock.move_to(at(9))

        assert scheduler.run_once() == 1

    assert keys() == ["broken", "good 0", "good 1", "good 2"]
    assert Job.objects.count() == 3
    assert "IntegrityError" in Schedule.objects.get(key="broken").error


def test_it_waits_longer_each_time_and_is_quarantined(django_capture_on_commit_callbacks):
    told = []

    def listen(key, **kwargs):
        told.append(key)

    signals.schedule_quarantined.connect(listen)
    with only_declared(kitchen(0)), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        Schedule.objects.update(task="nowhere.tea", source="database")
        waits, due_at = [], at(9)
        with django_capture_on_commit_callbacks(execute=True):
            for _ in range(5):
                clock.move_to(due_at)
                scheduler.tick()
                next_due_at = Schedule.objects.get().next_due_at
                if next_due_at is None:
                    break
                waits.append((next_due_at - due_at).total_seconds())
                due_at = next_due_at
        clock.advance(days=3)
        scheduler.tick()
    signals.schedule_quarantined.disconnect(listen)

    row = Schedule.objects.get()
    assert waits == [30, 60, 120, 240]
    assert row.error_count == 5
    assert row.quarantined_at is not None
    assert told == ["broken"]


def test_what_came_meanwhile_is_decided_when_it_works_again():
    trigger = Broken()
    broken = {"task": "tests.app.tasks.nothing", "trigger": trigger}
    with only_declared({"broken": broken}), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9, 5))
        trigger.error = ZeroDivisionError("no tea")
        assert scheduler.run_once() == 1
        clock.move_to(at(11, 5))
        trigger.error = None
        assert scheduler.run_once() == 0

    covered = Occurrence.objects.order_by("due_at").values_list("due_at", "until_at", "reason")
    assert list(covered) == [(at(9), at(10), "coalesced"), (at(11), at(11), "")]
    row = Schedule.objects.get()
    assert (row.error, row.error_count) == ("", 0)


def test_a_trigger_that_goes_backwards_is_an_error_and_not_an_endless_loop():
    class Backwards(Broken):
        def next_after(self, moment):
            return moment - timedelta(hours=1) if self.error else super().next_after(moment)

    trigger = Backwards()
    entries = kitchen(1) | {"broken": {"task": "tests.app.tasks.nothing", "trigger": trigger}}
    with only_declared(entries), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9, 5))
        trigger.error = ValueError()

        assert scheduler.run_once() == 1

    assert keys() == ["good 0"]


def test_what_this_process_does_not_know_is_left_to_others():
    trigger = Broken()
    told = []

    def listen(key, **kwargs):
        told.append(key)

    signals.schedule_left_alone.connect(listen)
    entries = kitchen(1) | {"broken": {"task": "tests.app.tasks.nothing", "trigger": trigger}}
    with FrozenClock(at(8)) as clock:
        with only_declared(entries):
            newer = Scheduler()
            newer.run_once()
        clock.move_to(at(9))
        with only_declared(kitchen(1)):
            older = Scheduler()
            older.synced = True  # it started before the deploy
            for _ in range(3):
                assert older.run_once() == 0
            assert older.tick() > 0.1  # and does not spin
        row = Schedule.objects.get(key="broken")
        assert (row.error, row.watermark) == ("", at(8))
        with only_declared(entries):
            newer.run_once()
    signals.schedule_left_alone.disconnect(listen)

    assert told == ["broken"]
    assert keys() == ["broken", "good 0"]


def test_a_backend_that_cannot_schedule_is_refused_at_run_time_too():
    with only_declared(kitchen(1, backend="immediate")), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9))

        assert scheduler.run_once() == 1

    assert keys() == ["good 0"]
    assert "does not support scheduling" in Schedule.objects.get(key="broken").error


class Wordless(Exception):
    def __str__(self):
        raise TypeError


@pytest.mark.parametrize(
    "error",
    [OperationalError("not ours"), InterfaceError("nor this"), SystemExit(3), Wordless()],
    ids=lambda error: type(error).__name__,
)
def test_whatever_a_trigger_raises_is_its_schedules_error_and_no_outage(error):
    trigger = Broken()
    entries = kitchen(2) | {"broken": {"task": "tests.app.tasks.nothing", "trigger": trigger}}
    with only_declared(entries), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9))
        trigger.error = error

        assert scheduler.run_once() == 1

    assert keys() == ["good 0", "good 1"]
    assert Schedule.objects.get(key="broken").error.count(type(error).__name__) == 1


def test_a_trigger_that_breaks_the_transaction_breaks_its_own_only():
    class Asking(Broken):
        def next_after(self, moment):
            if self.error:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT tea FROM nowhere")
            return super().next_after(moment)

    trigger = Asking()
    entries = kitchen(2) | {"broken": {"task": "tests.app.tasks.nothing", "trigger": trigger}}
    with only_declared(entries), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9))
        trigger.error = ValueError()

        assert scheduler.run_once() == 1

    assert keys() == ["good 0", "good 1"]


def test_a_trigger_that_cannot_say_what_it_is_hides_no_other():
    class Mute(Broken):
        def spec(self):
            if self.error:
                raise self.error
            return "mute"

    mute, good = Mute(), Broken()
    entries = {
        "mute": {"task": "tests.app.tasks.nothing", "trigger": mute},
        "other": {"task": "tests.app.tasks.nothing", "trigger": good},
    }
    with only_declared(entries), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9))
        mute.error = ValueError()
        scheduler.run_once()

    assert keys() == ["other"]
