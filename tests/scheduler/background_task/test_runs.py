"""How tasks end: who is told, when they are tried again, and what is kept."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User

from scheduler.contrib.background_task import signals
from scheduler.contrib.background_task.models import CompletedTask, Task
from scheduler.contrib.background_task.tasks import tasks
from tasks_core.models import Job
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.background_task.places import (
    legacy_fails,
    legacy_gives_up,
    legacy_note,
    noted,
)
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db
NAMES = ("started", "successful", "error", "rescheduled", "failed", "finished")


@pytest.fixture
def told():
    """Collect what is told of runs: the signal, its sender, and what it tells."""
    heard = []

    def listen(name):
        def hear(sender, signal, **told):
            heard.append((name, sender, told))

        return hear

    listeners = [(getattr(signals, f"task_{name}"), listen(name)) for name in NAMES]
    for signal, listener in listeners:
        signal.connect(listener)
    yield heard
    for signal, listener in listeners:
        signal.disconnect(listener)


class TestSuccess:
    def test_a_completed_task_says_what_it_said(self):
        ada = User.objects.create(username="ada")
        task = legacy_note(1, colour="red", priority=3, verbose_name="Note", creator=ada)

        assert tasks.run_next_task()

        completed = CompletedTask.objects.created_by(ada).succeeded().get()
        for name in ("task_name", "task_params", "task_hash", "priority", "queue", "verbose_name"):
            assert getattr(completed, name) == getattr(task, name)
        assert (completed.attempts, completed.failed_at, completed.has_error()) == (1, None, False)
        assert str(completed) == f"Note - {completed.run_at}"
        assert not Task.objects.exists()

    def test_whoever_listens_is_told(self, told):
        task = legacy_note()

        tasks.run_next_task()

        assert [(name, sender) for name, sender, _ in told] == [
            ("started", Task),
            ("successful", Task),
            ("finished", Task),
        ]
        assert told[1][2] == {"task_id": task.pk, "completed_task": CompletedTask.objects.get()}

    def test_a_task_can_be_run_here(self):
        task = legacy_note(1)
        legacy_note(2)

        tasks.run_task(task)
        tasks.run_task(legacy_note.name, [3], {"in": "line"})

        assert noted == [((1,), {}), ((3,), {"in": "line"})]
        assert Task.objects.get().params() == ([2], {})


class TestFailure:
    @pytest.mark.parametrize(("attempt", "seconds"), [(1, 6), (2, 21), (3, 86), (4, 261)])
    def test_it_waits_the_fourth_power_and_five_seconds(self, attempt, seconds):
        with FrozenClock(at(8)) as clock:
            legacy_fails()
            for _ in range(attempt):
                clock.move_to(max(clock.moment, Task.objects.get().run_at))
                drain()

            assert Task.objects.get().run_at - clock.moment == timedelta(seconds=seconds)

    def test_the_last_attempt_completes_it(self, settings):
        settings.MAX_ATTEMPTS = 2
        with FrozenClock(at(8)) as clock:
            legacy_fails()
            drain()
            assert Task.objects.get().attempts == 1
            clock.advance(seconds=6)
            drain()

        completed = CompletedTask.objects.failed().get()
        assert (completed.attempts, completed.failed_at) == (2, at(8) + timedelta(seconds=6))
        assert "RuntimeError: the shop is closed" in completed.last_error
        assert not Task.objects.exists()

    def test_fewer_attempts_are_enough_as_soon_as_the_setting_says_so(self, settings):
        legacy_fails()
        settings.MAX_ATTEMPTS = 1

        drain()

        assert Job.objects.get().state == "failed"

    def test_an_invalid_task_is_not_tried_again(self):
        legacy_gives_up()

        drain()

        assert CompletedTask.objects.failed().get().attempts == 1

    def test_whoever_listens_is_told_of_each(self, told, settings):
        settings.MAX_ATTEMPTS = 2
        with FrozenClock(at(8)) as clock:
            task = legacy_fails()
            drain()
            clock.advance(seconds=6)
            drain()

        assert [(name, sender) for name, sender, _ in told] == [
            ("started", Task),
            ("error", RuntimeError),
            ("rescheduled", Task),
            ("finished", Task),
            ("started", Task),
            ("error", RuntimeError),
            ("failed", Task),
            ("finished", Task),
        ]
        assert told[2][2]["task"].run_at == at(8) + timedelta(seconds=6)
        assert told[5][2]["task"] == task
        with pytest.raises(Task.DoesNotExist):
            told[5][2]["task"].save()
        assert told[6][2]["task_id"] == task.pk

    def test_a_receiver_that_raises_disturbs_nothing(self, caplog):
        def break_down(**kwargs):
            raise LookupError("nobody listens")

        signals.task_successful.connect(break_down)
        legacy_note()

        tasks.run_next_task()

        assert CompletedTask.objects.succeeded().count() == 1
        assert "nobody listens" in caplog.text
        signals.task_successful.disconnect(break_down)
