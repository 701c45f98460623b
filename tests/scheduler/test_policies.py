"""The policies of a schedule, from its declaration to the ledger and the jobs."""

from datetime import timedelta

import pytest

from scheduler import SKIP
from scheduler.models import Calendar, Definition, Maintenance, Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.sync import sync
from scheduler.testing import only_declared
from scheduler.turn.rows import offset
from tasks_core import job_backends
from tasks_core.models import Job
from tasks_core.states import JobState
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import HOUR, at, declare, ledger, tick

pytestmark = pytest.mark.django_db

TEA = {"task": "tests.app.tasks.leave_effect", "cron": "0 * * * *"}
asked = []


def claim(moment):
    """Let a worker of no process of ours begin what is ready; return the ids of the jobs."""
    with FrozenClock(moment):
        backend = job_backends["default"]
        owner = backend.register(kind="worker", queues=None, concurrency=1)
        return [attempt.job_id for attempt in backend.claim(owner=owner.pk, limit=5)]


def live(moment, *moments, **options):
    """Declare tea at ``moment``, tick at the others with it declared, and return its row."""
    with only_declared({"tea": TEA | {"args": ["tea"]} | options}), FrozenClock(moment) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        for each in moments:
            clock.move_to(each)
            scheduler.tick()
    return Schedule.objects.get(key="tea")


class TestQueueOne:
    def test_a_due_time_waits_for_the_end_of_the_job_before(self):
        declare(at(8), overlap="queue_one")
        tick(at(9))
        (running,) = claim(at(9, 1))

        tick(at(10))

        row = Schedule.objects.get()
        assert ledger() == [(at(9), "enqueued")]
        assert (row.waits_for, row.watermark < at(10) < row.next_due_at) == (running, True)

    def test_its_end_makes_it_due_at_once(self):
        declare(at(8), overlap="queue_one")
        tick(at(9))
        tick(at(10))
        with FrozenClock(at(10, 0, 2)):
            drain()

        assert Schedule.objects.get().next_due_at == at(10, 0, 2)
        tick(at(10, 0, 2))
        assert ledger() == [(at(9), "enqueued"), (at(10), "enqueued")]
        assert Schedule.objects.get().waits_for is None

    def test_no_second_one_waits(self):
        declare(at(8), overlap="queue_one")
        tick(at(9))
        tick(at(10))
        tick(at(11))
        tick(at(12))
        with FrozenClock(at(12, 30)):
            drain()
        tick(at(12, 30))

        assert ledger() == [(at(9), "enqueued"), (at(10), "enqueued"), (at(11), "overlap")]
        assert Occurrence.objects.get(reason="overlap").count == 2
        assert Job.objects.count() == 2

    def test_an_end_that_nobody_tells_of_is_found(self):
        declare(at(8), overlap="queue_one")
        tick(at(9))
        tick(at(10))
        # The job has gone, and with it the chance to be told.
        Job.rows.all().delete()

        tick(Schedule.objects.get().next_due_at)

        assert ledger() == [(at(9), "enqueued"), (at(10), "enqueued")]


class TestCancelPrevious:
    def test_a_job_that_waits_is_cancelled(self):
        declare(at(8), overlap="cancel_previous")
        tick(at(9))
        tick(at(10))

        states = Job.objects.order_by("context__scheduled_for").values_list("state", "reason")
        assert list(states) == [("cancelled", "cancelled"), ("ready", "")]
        assert Occurrence.objects.get(due_at=at(9)).job_state == "cancelled"

    def test_one_that_runs_is_asked_to_stop(self):
        declare(at(8), overlap="cancel_previous")
        tick(at(9))
        (running,) = claim(at(9, 1))

        tick(at(10))

        assert Job.objects.get(pk=running).cancel_requested_at == at(10)
        assert Job.objects.filter(state=JobState.READY).count() == 1


class TestRuns:
    def test_so_many_and_no_more(self):
        row = live(at(8), at(9), at(10), at(11), max_runs=2, overlap="allow")

        assert ledger() == [(at(9), "enqueued"), (at(10), "enqueued")]
        assert (row.runs, row.next_due_at) == (2, None)

    def test_a_restart_makes_no_more(self):
        live(at(8), at(9), max_runs=1)

        row = live(at(9, 30), at(10), max_runs=1)

        assert (ledger(), row.next_due_at) == ([(at(9), "enqueued")], None)

    def test_more_may_be_had(self):
        live(at(8), at(9), max_runs=1, overlap="allow")

        row = live(at(10, 30), at(11), max_runs=2, overlap="allow")

        assert ledger() == [(at(9), "enqueued"), (at(10), "ended"), (at(11), "enqueued")]
        assert row.runs == 2


class TestMaintenance:
    def test_what_is_due_meanwhile_is_skipped(self):
        declare(at(8), overlap="allow")
        Maintenance.objects.create(began_at=at(8, 30), ended_at=at(9, 30), by="ann")

        tick(at(9))
        tick(at(10))

        assert ledger() == [(at(9), "maintenance"), (at(10), "enqueued")]

    def test_until_somebody_ends_it(self):
        declare(at(8), overlap="allow")
        Maintenance.objects.create(began_at=at(8, 30))

        tick(at(9))
        Maintenance.objects.update(ended_at=at(10))
        tick(at(10))

        assert ledger() == [(at(9), "maintenance"), (at(10), "enqueued")]

    def test_an_outage_that_begins_with_it_is_told_apart(self):
        declare(at(0))
        Maintenance.objects.create(began_at=at(2), ended_at=at(4))

        tick(at(6))

        assert ledger() == [
            (at(1), "coalesced"),
            (at(2), "maintenance"),
            (at(4), "coalesced"),
            (at(6), "enqueued"),
        ]


def in_production():
    asked.append("production")
    return False


def broken():
    raise ValueError("no idea")


class TestEnvironment:
    def test_elsewhere_it_is_recorded_and_does_not_run(self):
        asked.clear()
        live(at(8), at(9), enabled=in_production)

        assert ledger() == [(at(9), "environment")]
        assert asked == ["production"]

    def test_its_name_is_kept_and_nothing_is_called_because_a_row_names_it(self):
        row = live(at(8), enabled=in_production)
        assert row.enabled_if == f"{__name__}.in_production"
        Schedule.objects.update(enabled_if="os.getcwd")

        live(at(8, 1), enabled=in_production)
        Schedule.objects.update(enabled_if="os.getcwd")
        tick(at(9))

        assert ledger() == []

    def test_one_that_raises_is_the_trouble_of_its_schedule(self):
        row = live(at(8), at(9), enabled=broken)

        assert ledger() == []
        assert "raised ValueError: no idea" in row.error
        assert row.next_due_at == at(9, 0, 30)


def period(due):
    return {"name": due.key, "since": str(due.previous), "until": str(due.scheduled_for)}


def not_on_odd_hours(due):
    return SKIP if due.scheduled_for.hour % 2 else ["even"]


def a_number():
    return 7


class TestArguments:
    def test_they_are_computed_for_the_due_time(self):
        live(at(8), at(9), args=[], kwargs=period)

        assert Job.objects.get().kwargs == {"name": "tea", "since": str(at(8)), "until": str(at(9))}

    def test_to_return_skip_is_recorded(self):
        live(at(8), at(9), at(10), args=f"{__name__}.not_on_odd_hours")

        assert ledger() == [(at(9), "declined"), (at(10), "enqueued")]
        assert Job.objects.get().args == ["even"]

    def test_a_wrong_value_is_the_trouble_of_its_schedule(self):
        row = live(at(8), at(9), kwargs=a_number)

        assert ledger() == []
        assert "returned int, not a dict or SKIP" in row.error

    def test_a_process_that_does_not_declare_them_leaves_it_to_others(self):
        live(at(8), args=f"{__name__}.not_on_odd_hours")
        Schedule.objects.update(args_from="elsewhere.compute")

        tick(at(10))

        assert ledger() == []
        assert Schedule.objects.get().error == ""

    def test_what_is_declined_cancels_nothing(self):
        live(at(8), at(10), at(11), args=f"{__name__}.not_on_odd_hours", overlap="cancel_previous")

        assert ledger() == [(at(9), "coalesced"), (at(10), "enqueued"), (at(11), "declined")]
        assert Job.objects.get().state == JobState.READY


class TestSplay:
    def test_the_job_waits_and_the_due_time_stays(self):
        declare(at(8), splay=timedelta(minutes=30))

        tick(at(9))

        job = Job.objects.get()
        assert ledger() == [(at(9), "enqueued")]
        assert job.run_after == at(9) + offset("tea", timedelta(minutes=30))
        assert job.state == JobState.SCHEDULED

    def test_keys_are_spread(self):
        spread = {offset(f"key {n}", HOUR) for n in range(1000)}

        assert len(spread) > 800
        assert max(spread) < HOUR
        assert min(spread) >= timedelta(0)

    def test_what_is_late_waits_no_longer(self):
        declare(at(8), splay=timedelta(minutes=30))

        tick(at(9, 59))

        assert Job.objects.get().state == JobState.READY


class TestCalendars:
    # Tuesday 10 March 2026 is a holiday.
    CALENDARS = {"holidays": {"dates": ["2026-03-10"]}}

    @pytest.fixture(autouse=True)
    def _known(self, settings):
        settings.SCHEDULER = {"CALENDARS": self.CALENDARS}

    def test_what_it_excludes_is_recorded(self):
        live(at(22), at(23), at(24), calendar="holidays", overlap="allow")

        assert ledger() == [(at(23), "calendar"), (at(24), "enqueued")]

    def test_or_moved_to_the_next_day(self):
        daily = {"cron": "0 9 * * *", "calendar": "holidays", "calendar_action": "next"}
        row = live(at(8), at(9), **daily)
        assert row.next_due_at == at(9, days=1)
        assert ledger() == []

        tick(at(9, days=1))
        assert ledger() == [(at(9, days=1), "enqueued")]

    def test_or_to_the_one_before(self):
        daily = {"cron": "0 9 * * *", "calendar": "holidays", "calendar_action": "previous"}

        assert live(at(0, days=-1), **daily).next_due_at == at(9, days=-1)
        assert live(at(10, days=-1), **daily).next_due_at == at(9, days=1)

    def test_another_content_is_another_version(self, settings):
        daily = {"cron": "0 9 * * *", "calendar": "holidays", "calendar_action": "next"}
        live(at(8), **daily)
        settings.SCHEDULER = {"CALENDARS": {"holidays": {"dates": ["2026-03-11"]}}}

        row = live(at(8, 30), at(9), **daily)

        assert ledger() == [(at(9), "enqueued")]
        assert row.next_due_at == at(9, days=2)
        assert Definition.objects.count() == 2

    def test_and_back_again_is_no_former_definition(self, settings):
        live(at(8), calendar="holidays")
        settings.SCHEDULER = {"CALENDARS": {"holidays": {"dates": ["2026-03-11"]}}}
        live(at(8, 10), calendar="holidays")
        settings.SCHEDULER = {"CALENDARS": self.CALENDARS}

        row = live(at(8, 20), calendar="holidays")

        assert "2026-03-10" in row.calendar_rules

    def test_one_of_the_database_does_as_well(self):
        Calendar.objects.create(
            name="freeze", rules={"windows": [["2026-03-10T08:30", "2026-03-10T09:30"]]}
        )

        live(at(8), at(9), at(10), calendar="freeze", overlap="allow")

        assert ledger() == [(at(9), "calendar"), (at(10), "enqueued")]

    def test_one_that_nobody_knows_is_refused(self):
        with only_declared({"tea": TEA | {"calendar": "holiday"}}), FrozenClock(at(8)):
            report = sync()

        assert "holiday" in report.refused["tea"]


class TestBounds:
    def test_nothing_is_due_before_and_after(self):
        bounds = {"start_at": at(9, 30), "end_at": at(11), "overlap": "allow"}

        row = live(at(8), at(9), at(10), at(11), at(12), **bounds)

        assert ledger() == [(at(10), "enqueued"), (at(11), "enqueued")]
        assert row.next_due_at is None


class TestDeclinedRuns:
    def test_what_is_declined_is_no_run(self):
        row = live(at(8), at(9), at(10), args=f"{__name__}.not_on_odd_hours", max_runs=1)

        assert ledger() == [(at(9), "declined"), (at(10), "enqueued")]
        assert (row.runs, row.next_due_at) == (1, None)

    def test_what_comes_behind_it_has_not_ended(self):
        live(at(8), at(10, 30), args=f"{__name__}.not_on_odd_hours", max_runs=1, catch_up="all")
        tick(at(10, 31))

        assert ledger() == [(at(9), "declined"), (at(10), "enqueued")]
