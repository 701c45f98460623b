"""A task that repeats is a schedule: it keeps its times, its bounds, and its id."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from scheduler import schedules as verbs
from scheduler import upkeep
from scheduler.contrib.background_task.models import CompletedTask, Task
from scheduler.contrib.background_task.signals import task_successful
from scheduler.contrib.background_task.tasks import tasks
from scheduler.materialise import note_end, note_ends
from scheduler.models import Occurrence, OperatorAction, Schedule
from scheduler.signals import occurrences_failed
from scheduler.testing import schedules
from tasks_core.models import Job
from tasks_core.signals import jobs_ended
from tasks_core.states import JobState
from tasks_core.testing import FrozenClock
from tests.scheduler.background_task.places import legacy_fails, legacy_note, noted
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db


def due_times():
    return schedules.due_times(Schedule.objects.get().key)


@pytest.fixture
def one_attempt(settings):
    settings.MAX_ATTEMPTS = 1


class TestTimes:
    def test_it_runs_now_and_then_every_hour(self):
        with schedules.travel(at(8, 20)) as clock:
            legacy_note("tea", repeat=Task.HOURLY)
            clock.by(hours=2)

            assert due_times() == [at(8, 20), at(9, 20), at(10, 20)]
            assert noted == [(("tea",), {})] * 3

    def test_it_may_be_told_to_run_once_and_no_more(self):
        with schedules.travel(at(8)) as clock:
            task = legacy_note("tea", repeat=Task.HOURLY, schedule=60, repeat_until=at(20))

            task.repeat = Task.NEVER
            task.save()

            again = Task.objects.get(pk=task.pk)
            assert (again.run_at, again.repeat, again.repeat_until) == (at(8, 1), 0, None)
            clock.by(days=1)
            assert noted == [(("tea",), {})]
            assert not Task.objects.exists()

    def test_and_then_to_repeat_again(self):
        with schedules.travel(at(8)) as clock:
            task = legacy_note("tea", repeat=Task.HOURLY, schedule=60)

            for task.repeat in (Task.NEVER, Task.DAILY):
                task.save()

            clock.by(days=2)
            assert len(noted) == 2

    def test_it_begins_when_it_is_told_to(self):
        with schedules.travel(at(8)) as clock:
            legacy_note(repeat=Task.HOURLY, schedule=timedelta(hours=5))
            clock.by(hours=6, minutes=59)

            assert due_times() == [at(13), at(14)]

    def test_nothing_is_due_after_its_end(self):
        with schedules.travel(at(8)) as clock:
            legacy_note(repeat=Task.HOURLY, repeat_until=at(10, 30))
            clock.by(days=1)

            assert due_times() == [at(8), at(9), at(10)]
            assert not Task.objects.exists()

    def test_an_end_before_its_second_time_lets_it_run_once(self):
        with schedules.travel(at(8)) as clock:
            legacy_note(repeat=Task.HOURLY, schedule=60, repeat_until=at(8))
            clock.by(hours=3)

            assert (len(noted), Schedule.objects.count()) == (1, 0)

    def test_the_times_do_not_follow_the_ends_of_the_runs(self):
        with schedules.travel(at(8), jobs=False) as clock:
            legacy_note(repeat=Task.HOURLY)
            clock.by(hours=2, minutes=30)
            waiting = Task.objects.get()

            assert waiting.run_at == at(8)  # it has not run yet
            assert due_times() == [at(8)]
            schedules.assert_skipped(Schedule.objects.get().key, at(9), reason="overlap")

    def test_of_a_week_without_processes_the_newest_runs(self):
        with schedules.travel(at(8)) as clock:
            clock.kill()
            legacy_note(repeat=Task.DAILY)
            clock.by(days=7, hours=1)
            clock.restart()

            assert due_times() == [at(8) + timedelta(days=7)]
            assert Task.objects.get().run_at == at(8) + timedelta(days=8)


class TestView:
    def test_it_is_one_task_with_one_id(self):
        ids = set()
        told = []
        listener = task_successful.connect(lambda task_id, **_: told.append(task_id), weak=False)
        with schedules.travel(at(8)) as clock:
            ada = User.objects.create(username="ada")
            task = legacy_note(
                repeat=Task.HOURLY, repeat_until=at(20), verbose_name="Tea", creator=ada
            )
            for _ in range(3):
                clock.by(hours=1)
                seen = Task.objects.created_by(ada).get(verbose_name="Tea")
                ids.add(seen.pk)
                assert (seen.repeat, seen.repeat_until) == (Task.HOURLY, at(20))

        assert ids == set(told) == {task.pk}
        completed = CompletedTask.objects.created_by(ada)
        assert {(each.verbose_name, each.repeat) for each in completed} == {("Tea", Task.HOURLY)}
        task_successful.disconnect(listener)

    def test_it_is_there_while_its_job_waits_and_when_it_does_not(self):
        with schedules.travel(at(8), jobs=False) as clock:
            task = legacy_note(repeat=Task.HOURLY, schedule=60)
            assert Task.objects.get().job_id is None
            clock.by(minutes=5)

            assert (Task.objects.get(), Job.objects.count()) == (task, 1)
            assert Task.objects.get().job_id == Job.objects.get().pk

    def test_a_paused_schedule_still_is_a_task(self):
        with schedules.travel(at(8)) as clock:
            legacy_note(repeat=Task.HOURLY)
            clock.by(minutes=5)
            verbs.pause(Schedule.objects.get().key)

            assert Task.objects.count() == 1

    def test_its_key_can_be_read(self):
        legacy_note(repeat=Task.HOURLY, verbose_name="Make tea,\nhot")

        assert Schedule.objects.get().key.startswith("Make tea, hot ")

    def test_whoever_deletes_its_schedule_ends_it(self):
        legacy_note(repeat=Task.HOURLY, schedule=60)

        verbs.delete(Schedule.objects.get().key)

        assert not Task.objects.exists()


@pytest.mark.usefixtures("one_attempt")
class TestFailure:
    def test_one_that_fails_for_good_does_not_repeat(self):
        with schedules.travel(at(8)) as clock:
            legacy_fails(repeat=Task.HOURLY)
            clock.by(hours=5)

            assert due_times() == [at(8)]
            assert not Task.objects.exists()
        act = OperatorAction.objects.get(verb="change")
        assert (act.by, "failed for good" in act.reason) == ("background_task", True)

    def test_unless_it_is_told_to_go_on(self):
        with schedules.travel(at(8)) as clock:
            legacy_fails(repeat=Task.HOURLY, repeat_on_failure=True)
            clock.by(hours=5)

            assert len(due_times()) == 6
            assert Task.objects.get().run_at == at(14)

    def test_an_attempt_that_is_not_the_last_ends_nothing(self, settings):
        settings.MAX_ATTEMPTS = 3
        with schedules.travel(at(8)) as clock:
            legacy_fails(repeat=Task.DAILY)
            clock.by(seconds=20)  # the second attempt was after 6

            assert Task.objects.get().attempts == 2
            clock.by(seconds=20)
            assert not Task.objects.exists()

    def test_a_run_waits_for_the_tries_of_the_one_before(self, settings):
        settings.MAX_ATTEMPTS = 25
        with schedules.travel(at(8)) as clock:
            legacy_fails(repeat=600, repeat_on_failure=True)
            clock.by(hours=1)

            assert due_times() == [at(8)]
            assert Task.objects.get().attempts == 7


@pytest.fixture
def nobody_tells():
    """Let whoever settles a job be killed before it has told how the job ended."""
    jobs_ended.disconnect(note_ends)
    yield
    jobs_ended.connect(note_ends)


@pytest.mark.usefixtures("one_attempt", "nobody_tells")
class TestDeath:
    def begin_and_fail(self):
        with FrozenClock(at(8)):
            legacy_fails(repeat=Task.HOURLY)
            assert tasks.run_next_task()
        assert (Job.objects.get().state, Occurrence.objects.get().job_state) == ("failed", "")

    def goes_on(self):
        with FrozenClock(at(9)):
            return tasks.run_next_task()

    def test_a_failure_that_nobody_told_ends_it_when_it_is_found(self):
        self.begin_and_fail()

        with FrozenClock(at(8, 1)):
            upkeep.reconcile()
            upkeep.reconcile()

        assert not self.goes_on()
        assert Occurrence.objects.get().job_state == "failed"
        assert OperatorAction.objects.filter(verb="change").count() == 1

    def test_whoever_would_make_the_next_run_finds_it_first(self):
        self.begin_and_fail()

        assert not self.goes_on()

        assert Job.objects.count() == 1
        assert Occurrence.objects.get(due_at=at(8)).job_state == "failed"
        assert OperatorAction.objects.filter(verb="change").count() == 1

    def test_whoever_finds_it_when_the_next_run_is_due_makes_none(self):
        self.begin_and_fail()
        with FrozenClock(at(9)):
            upkeep.reconcile()

            assert not tasks.run_next_task()
        assert Job.objects.count() == 1

    def test_a_failure_that_cannot_be_told_keeps_no_run_back(self):
        def refuse(**told):
            raise ZeroDivisionError

        self.begin_and_fail()
        occurrences_failed.connect(refuse)

        assert self.goes_on()

        occurrences_failed.disconnect(refuse)
        assert Occurrence.objects.get(due_at=at(8)).job_state == ""

    def test_those_that_go_on_are_told_and_go_on(self):
        with FrozenClock(at(8)):
            legacy_fails(repeat=Task.HOURLY, repeat_on_failure=True)
            assert tasks.run_next_task()

        assert self.goes_on()

        assert Occurrence.objects.get(due_at=at(8)).job_state == "failed"

    def test_the_end_and_its_note_are_one(self):
        def be_killed(**told):
            assert Schedule.objects.get().next_due_at is None  # it has ended, and goes on:
            raise KeyboardInterrupt

        self.begin_and_fail()
        occurrences_failed.connect(be_killed)
        with FrozenClock(at(8, 1)), pytest.raises(KeyboardInterrupt):
            upkeep.reconcile()
        occurrences_failed.disconnect(be_killed)

        assert Schedule.objects.get().next_due_at == at(9)
        assert Occurrence.objects.get().job_state == ""
        with FrozenClock(at(8, 2)):
            upkeep.reconcile()
        assert not self.goes_on()

    def test_who_lets_it_go_on_is_not_overruled_by_a_late_word(self):
        self.begin_and_fail()
        with FrozenClock(at(8, 1)):
            upkeep.reconcile()
            verbs.change(Schedule.objects.get().key, end_at=None)

            note_end([Job.objects.get().pk], state=JobState.FAILED, at=at(8))

        assert self.goes_on()
