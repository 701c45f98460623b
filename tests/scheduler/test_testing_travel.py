"""The test kit: time that a test moves, and what happens on its way."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import TestCase, TransactionTestCase
from django.utils import timezone

from scheduler import periodic
from scheduler import schedules as operators
from scheduler.exceptions import InvalidSchedule
from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.testing import SchedulesMixin, only_declared, schedules
from tasks_core import Snooze, background, clock, task
from tasks_core.models import Job
from tests.app.models import Effect
from tests.app.tasks import leave_effect, nothing

pytestmark = pytest.mark.django_db

BERLIN = "Europe/Berlin"
NIGHTLY = {"task": leave_effect, "args": ["tea"], "cron": "30 2 * * *", "timezone": BERLIN}
HOURLY = {**NIGHTLY, "cron": "0 * * * *"}
calls = []


@task(max_attempts=3, backoff=timedelta(minutes=1))
def succeed_at_last():
    calls.append(clock.now())
    if len(calls) < 3:
        raise RuntimeError("not yet")


@task(rate="2/m")
def spend_rate():
    calls.append(clock.now())


@task
def snooze_once():
    calls.append(clock.now())
    if len(calls) == 1:
        raise Snooze(timedelta(minutes=20))


@task
def rest_for_a_while():
    """Take half an hour and two, in sleeps: the first is over at half past eleven."""
    calls.append(clock.now())
    if len(calls) in {1, 2}:
        raise Snooze(timedelta(minutes=[30, 120][len(calls) - 1]))


@pytest.fixture(autouse=True)
def _no_calls():
    calls.clear()


def test_a_night_with_a_repeated_hour():
    with schedules.travel("2026-10-25T00:00", tz=BERLIN, only={"tea": NIGHTLY}) as time:
        time.to("02:29+02:00")
        schedules.assert_not_due("tea")

        time.to("03:30")
        schedules.assert_due("tea", ["2026-10-25T02:30+02:00"])

        time.to("2026-10-26T09:00")
        schedules.assert_due("tea", ["2026-10-25T02:30+02:00", "2026-10-26T02:30"])
        assert time.now.isoformat() == "2026-10-26T09:00:00+01:00"
        assert {job.state for job in schedules.jobs("tea")} == {"successful"}

    assert Effect.objects.filter(name="tea").count() == 2


def test_every_due_time_is_stopped_at_exactly():
    quick = {**HOURLY, "cron": "*/20 * * * *"}
    with schedules.travel("2026-03-10T08:00", only={"tea": HOURLY, "coffee": quick}) as time:
        time.by(hours=3, minutes=1)

        assert len(schedules.due_times("tea")) == 3
        assert len(schedules.due_times("coffee")) == 9
        late = [row.recorded_at - row.due_at for row in schedules.ledger()]
        ended = [row.ended_at - row.due_at for row in schedules.ledger()]
        assert set(late) == set(ended) == {timedelta(0)}


def test_a_due_time_at_the_end_of_the_way_belongs_to_it():
    with schedules.travel("2026-03-10T08:00", only={"tea": HOURLY}) as time:
        time.to("09:00")

        assert schedules.due_times("tea") == [datetime(2026, 3, 10, 9, tzinfo=UTC)]


@pytest.mark.parametrize(
    ("only", "error", "words"),
    [
        (["tea"], TypeError, "only= is a dict of entries by key, .*, not list"),
        ({"tea": {**HOURLY, "croon": "1"}}, InvalidSchedule, "no option 'croon'"),
        ({"tea": {**HOURLY, "calendar": "no"}}, InvalidSchedule, "no calendar 'no'"),
    ],
)
def test_entries_that_are_wrong_begin_no_journey(only, error, words):
    with pytest.raises(error, match=words), schedules.travel("2026-03-10T08:00", only=only):
        raise AssertionError

    with schedules.travel("2026-03-10T08:00", only={"tea": HOURLY}):
        pass


def test_jobs_can_be_left_alone():
    with schedules.travel("2026-03-10T08:00", only={"tea": HOURLY}, jobs=False) as time:
        time.to("10:00")

        assert schedules.assert_job("tea", "09:00").state == "ready"
        schedules.assert_skipped("tea", "10:00", reason="overlap")

    assert Effect.objects.count() == 0


@pytest.mark.parametrize(
    ("func", "minutes"), [(succeed_at_last, [0, 1, 2]), (snooze_once, [0, 20])]
)
def test_a_job_that_waits_is_stopped_for_as_well(func, minutes):
    with schedules.travel(
        "2026-03-10T08:00", only={"tea": {**HOURLY, "task": func, "args": []}}
    ) as time:
        time.to("09:59:59")

        due_at = schedules.due_times("tea")[0]
        waited = [(at - due_at).total_seconds() / 60 for at in calls]
        assert len(calls) == len(minutes)
        # The back-off of a retry has jitter, up to its minute.
        assert all(0 <= found <= most for found, most in zip(waited, minutes, strict=True))
        assert schedules.assert_job("tea", "09:00").state == "successful"


def test_a_rate_is_waited_for_as_long_as_it_lets_jobs_through():
    entries = {name: {"task": spend_rate, "cron": "0 9 * * *"} for name in "abc"}
    with schedules.travel("2026-03-10T08:59", only=entries) as time:
        time.to("2026-03-10T12:00")

        assert [round((at - calls[0]).total_seconds()) for at in calls] == [0, 30, 60]


def test_what_the_test_itself_enqueues_runs_when_time_goes_on():
    with schedules.travel("2026-03-10T08:00", only={}) as time:
        background.enqueue(leave_effect, ["now"])
        background.defer(leave_effect, ["later"], when=timedelta(minutes=5))
        time.by(minutes=4)
        assert list(Effect.objects.values_list("name", flat=True)) == ["now"]

        time.by(minutes=1)
        assert Effect.objects.count() == 2


def test_going_back_is_refused_with_both_moments():
    with schedules.travel("2026-03-10T08:00", tz=BERLIN, only={}) as time:
        time.to("09:00")
        with pytest.raises(
            ValueError, match=r"T09:00:00\+01:00 and cannot go back to 2026-03-10T08:30"
        ):
            time.to("08:30")
        with pytest.raises(ValueError, match="cannot go back"):
            time.by(hours=-1)
        time.to("09:00")  # to stay is no way back


def test_a_journey_within_a_journey_is_refused():
    with (
        schedules.travel("2026-03-10", only={}),
        pytest.raises(RuntimeError, match="under way already"),
        schedules.travel("2026-03-11"),
    ):
        pass


def test_questions_outside_of_a_journey_are_refused():
    for ask in (schedules.due_times, schedules.ledger, schedules.jobs, schedules.assert_not_due):
        with pytest.raises(RuntimeError, match="No journey is under way"):
            ask("tea")


def test_an_error_on_the_way_tells_where_the_clock_stood_and_gives_the_time_back():
    with (
        pytest.raises(RuntimeError) as caught,
        schedules.travel("2026-03-10T08:00", only={}) as time,
    ):
        time.by(hours=1)
        raise RuntimeError

    assert "stands at 2026-03-10 09:00:00+00:00 (UTC)" in caught.value.__notes__[0]
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    with schedules.travel("2026-03-10", only={}):  # and the next may begin
        pass


def test_a_start_that_fails_gives_the_time_back():
    with pytest.raises(ImproperlyConfigured), only_declared():
        from django.test import override_settings

        with override_settings(SCHEDULER={"NONSENSE": 1}), schedules.travel("2026-03-10"):
            pass

    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_clock_of_other_code_is_left_alone():
    with schedules.travel("2026-03-10", only={}):
        assert clock.now().date().isoformat() == "2026-03-10"
        assert abs(timezone.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_without_only_the_projects_own_schedules_travel(settings):
    with only_declared():
        settings.SCHEDULE = {"tea": HOURLY}
        periodic("30 * * * *", key="coffee")(nothing)
        with schedules.travel("2026-03-10T08:00") as time:
            time.to("09:00")

            schedules.assert_due("tea", "09:00")
            schedules.assert_due("coffee", "08:30")


def test_only_retires_what_it_does_not_name(settings):
    with only_declared({"tea": HOURLY, "coffee": HOURLY}), schedules.travel("2026-03-10T08:00"):
        pass
    with schedules.travel("2026-03-11T08:00", only={"tea": HOURLY}) as time:
        time.to("09:00")

        schedules.assert_not_due("coffee", "09:00")
        assert Schedule.objects.get(key="coffee").retired_at is not None


def test_a_second_journey_begins_after_the_downtime_between():
    with schedules.travel("2026-03-10T08:00", only={"tea": HOURLY}) as time:
        time.to("09:00")
    with schedules.travel("2026-03-10T12:30", only={"tea": HOURLY}):
        schedules.assert_due("tea", "12:00")
        schedules.assert_skipped("tea", "11:00", reason="coalesced")
        assert schedules.assert_job("tea", "12:00").context["is_catch_up"]


def test_a_schedule_that_is_stuck_does_not_hide_the_others():
    with schedules.travel("2026-03-10T08:00", only={"tea": HOURLY, "stuck": HOURLY}) as time:
        # Declared nowhere, so no scheduler of this release decides it.
        Schedule.objects.filter(key="stuck").update(task="tests.nowhere.task")
        time.to("11:00")

        assert len(schedules.due_times("tea")) == 3
        schedules.assert_due("stuck", [])
        with pytest.raises(
            AssertionError, match=r"Nobody has decided 'stuck' since 2026-03-10 09:00"
        ):
            schedules.assert_not_due("stuck", "10:00")


def test_a_due_time_that_waits_for_a_job_is_decided_when_that_ends():
    slow = {**HOURLY, "task": rest_for_a_while, "args": [], "overlap": "queue_one"}
    with schedules.travel("2026-03-10T08:00", only={"tea": slow}) as time:
        time.to("10:29")
        schedules.assert_due("tea", ["09:00"])

        time.to("11:59")
        schedules.assert_due("tea", ["09:00", "10:00"])
        schedules.assert_skipped("tea", "11:00", reason="overlap")
        assert len(calls) == 4
        assert schedules.assert_job("tea", "10:00").enqueued_at == time.instant("11:30")


def test_waiting_for_a_job_that_nobody_runs_costs_no_stops(django_assert_max_num_queries):
    waits = {**NIGHTLY, "overlap": "queue_one"}
    with schedules.travel("2026-03-10", only={"tea": waits}, jobs=False) as time:
        time.by(days=2)
        with django_assert_max_num_queries(100):
            time.by(days=2)
        schedules.assert_due("tea", ["2026-03-10T02:30+01:00"])


def test_a_splayed_job_runs_at_its_own_time():
    with schedules.travel(
        "2026-03-10T08:00", only={"tea": {**HOURLY, "splay": timedelta(minutes=30)}}
    ) as time:
        time.to("09:59:59")

        job = schedules.assert_job("tea", "09:00")
        [occurrence] = schedules.ledger("tea")
        assert occurrence.ended_at == job.run_after
        assert time.instant("09:00") < job.run_after < time.instant("09:30")


def test_schedules_made_and_operated_on_the_way():
    with schedules.travel("2026-03-10T08:00", only={}) as time:
        operators.create("tea", task=nothing, cron="0 * * * *", user="ann")
        time.to("09:30")
        operators.run("tea", user="ann")
        operators.pause("tea", user="ann")
        time.to("10:30")

        schedules.assert_due("tea", ["09:00"])
        schedules.assert_skipped("tea", "10:00", reason="paused")
        assert [job.state for job in schedules.jobs("tea")] == ["successful"] * 2
        schedules.assert_nothing_twice()


@pytest.mark.vendor("postgresql")
def test_a_debugger_may_look_around_for_longer_than_a_turn_may_take():
    names = ("idle_in_transaction_session_timeout", "lock_timeout", "statement_timeout")

    def timeouts():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(f'current_setting({name!r})' for name in names)}")
            return cursor.fetchone()

    before = timeouts()
    with only_declared(), schedules.travel("2026-03-10"):
        assert timeouts() == before
        Scheduler().run_once()  # the control: what a turn leaves behind
        assert timeouts() != before


class Kept(SchedulesMixin, TestCase):
    def test_a_journey_lasts_until_the_test_ends(self):
        time = self.travel("2026-10-25T00:00", tz=BERLIN, only={"tea": NIGHTLY})

        time.to("03:30")

        self.schedules.assert_due("tea", ["2026-10-25T02:30+02:00"])
        assert clock.now() == time.moment

    def test_and_no_longer(self):
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
        with self.schedules.travel("2026-10-25", only={}):
            pass


class Committed(SchedulesMixin, TransactionTestCase):
    def test_it_works_where_transactions_are_committed(self):
        self.travel("2026-10-25T00:00", tz=BERLIN, only={"tea": NIGHTLY}).to("2026-10-26T00:00")

        self.schedules.assert_due("tea", ["2026-10-25T02:30+02:00"])
        assert Occurrence.objects.count() == Job.objects.count() == 1
