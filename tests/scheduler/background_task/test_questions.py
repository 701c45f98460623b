"""What people ask of Task.objects, in the old words; and what they change with them."""

import os
import subprocess
import sys
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db.models import Count
from django.shortcuts import get_object_or_404

from scheduler.contrib.background_task.models import CompletedTask, Task
from scheduler.contrib.background_task.tasks import tasks
from scheduler.models import OperatorAction, Schedule
from scheduler.turn.batches import materialise_due
from tasks_core import background, job_backends
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job, Process
from tasks_core.processes.heartbeat import Heartbeat
from tests.app.tasks import leave_effect
from tests.scheduler.background_task.places import legacy_mail, legacy_note, noted
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def claimed():
    """Let a worker own all that is ready, and run nothing."""
    heartbeat = Heartbeat(job_backends["default"], kind="worker")
    heartbeat.start()

    def claim():
        return job_backends["default"].claim(owner=heartbeat.owner, limit=9)

    yield claim
    heartbeat.stop()


class TestQuestions:
    def test_by_the_old_names(self):
        legacy_note(1, verbose_name="One", priority=2)
        legacy_note(2, repeat=Task.WEEKLY, verbose_name="Two", schedule=at(9))
        legacy_mail("ada@example.com")

        found = Task.objects.filter(task_name=legacy_note.name).order_by("verbose_name")

        assert list(found.values_list("verbose_name", "repeat", "priority")) == [
            ("One", 0, 2),
            ("Two", Task.WEEKLY, 0),
        ]
        assert Task.objects.get(queue="legacy_mail").params() == (["ada@example.com"], {})
        assert Task.objects.filter(queue=None).count() == 2
        assert Task.objects.filter(task_params__contains="ada@").exists()
        assert Task.objects.filter(run_at=at(9)).first().verbose_name == "Two"
        assert Task.objects.exclude(repeat=Task.NEVER).get().verbose_name == "Two"

    def test_in_sums_slices_and_other_questions(self):
        for number in range(3):
            legacy_note(number)
        legacy_mail("ada@example.com")

        counted = Task.objects.values("task_name").annotate(number=Count("id")).order_by("-number")

        assert [each["number"] for each in counted] == [3, 1]
        some = Task.objects.filter(task_name=legacy_note.name).values("pk")
        assert Task.objects.filter(pk__in=some).count() == 3
        assert len(Task.objects.order_by("run_at")[1:3]) == 2
        assert (Task.objects.none() | Task.objects.filter(queue="legacy_mail")).count() == 1

    def test_the_shortcuts_of_views_work(self):
        task = legacy_note(1)

        assert get_object_or_404(Task, pk=task.pk) == task

    def test_what_is_returned_is_what_is_found(self):
        for task in (
            legacy_note(1, priority=500, queue="legacy_slow", verbose_name="x" * 300),
            legacy_note(2, schedule=at(9), repeat=Task.HOURLY, repeat_until=at(20)),
        ):
            found = Task.objects.get(pk=task.pk)
            names = [field.attname for field in Task._meta.concrete_fields]

            assert [getattr(task, name) for name in names] == [
                getattr(found, name) for name in names
            ]

    def test_a_hash_tells_equal_calls(self):
        one, same, other = legacy_note(1, a=1, b=2), legacy_note(1, b=2, a=1), legacy_note(1, a=1)

        assert one.task_hash == same.task_hash != other.task_hash
        assert set(Task.objects.get_task(legacy_note.name, [1], {"a": 1, "b": 2})) == {one, same}

    def test_jobs_of_other_tasks_are_none_of_them(self):
        background.enqueue(leave_effect, ["tea"])

        assert not Task.objects.exists()

    def test_answers_to_different_questions_are_not_mixed_up(self):
        one = Task.objects.get_task(legacy_note.name, [1])

        with pytest.raises(TypeError, match="cannot be put together"):
            one | Task.objects.all()

    def test_what_runs_is_locked(self, claimed):
        legacy_note(1)
        waits = legacy_note(2, schedule=60)

        claimed()

        [runs] = Task.objects.locked()
        assert runs.params() == ([1], {})
        assert runs.locked_by_pid_running() is True
        assert list(Task.objects.unlocked()) == [waits]
        assert waits.locked_by_pid_running() is None


class TestRunner:
    """Whether the process that runs a task is alive."""

    @pytest.fixture
    def runs(self, claimed):
        legacy_note(1)
        claimed()
        return Task.objects.get()

    def test_of_another_user_is_alive(self, runs, monkeypatch):
        def refuse(pid, signal):
            raise PermissionError

        monkeypatch.setattr(os, "kill", refuse)

        assert runs.locked_by_pid_running() is True

    def test_of_another_host_is_not_known_here(self, runs):
        Process.objects.update(hostname="elsewhere")

        assert runs.locked_by_pid_running() is None

    def test_that_is_gone_is_not(self, runs):
        gone = subprocess.Popen([sys.executable, "-c", ""])
        gone.wait()
        Process.objects.update(pid=gone.pid)

        assert Task.objects.get().locked_by_pid_running() is False
        assert runs.locked_by_pid_running() is None  # another process than was read


class TestChanges:
    def test_in_bulk_are_refused_with_what_to_do_instead(self):
        task = legacy_note(1)

        with pytest.raises(TypeError, match=r"without a table for bulk_create\(\): call each"):
            Task.objects.bulk_create([Task.objects.new_task(legacy_note.name)])
        with pytest.raises(TypeError, match=r"bulk_update\(\): update\(\) them, or save\(\) each"):
            Task.objects.bulk_update([task], ["priority"])

    def test_of_one_that_waits(self):
        task = legacy_note(1)

        task.run_at, task.priority, task.queue = at(9), 4, "legacy_slow"
        task.save()

        job = Job.objects.get()
        assert (job.run_after, job.priority, job.queue) == (at(9), 4, "legacy_slow")

    def test_of_whom_it_is_for(self):
        ada = User.objects.create(username="ada")
        legacy_note(1)
        legacy_note(2, repeat=Task.DAILY)
        materialise_due(limit=9)

        for task in Task.objects.all():
            task.verbose_name, task.creator = "Ada's", ada
            task.save()

        assert Task.objects.created_by(ada).filter(verbose_name="Ada's").count() == 2

    def test_of_many(self):
        legacy_note(1)
        legacy_note(2)

        assert Task.objects.filter(queue=None).update(priority=9) == 2
        assert set(Job.objects.values_list("priority", flat=True)) == {9}

    def test_of_one_that_has_moved_on_since_it_was_read(self, claimed):
        runs, repeats = legacy_note(1), legacy_note(2, repeat=Task.HOURLY)
        claimed()
        for _ in range(2):
            tasks.run_next_task()

        for task in (runs, repeats):
            task.priority = 5
            task.save()

        assert repeats.run_at == Task.objects.get(pk=repeats.pk).run_at
        assert noted == [((2,), {})]
        row = Schedule.objects.get()
        assert (row.priority, row.runs, repeats.schedule_key) == (5, 1, row.key)
        assert not tasks.run_next_task()

    def test_what_cannot_be_changed_says_so(self):
        task = legacy_note(1)
        task.attempts = 7

        with pytest.raises(InvalidCall, match=r"attempts of a stored task cannot be changed, only"):
            task.save()

    def test_of_one_that_repeats(self):
        task = legacy_note(1, repeat=Task.DAILY, schedule=at(9) + timedelta(days=9999))

        task.run_at, task.repeat, task.verbose_name = at(9), Task.HOURLY, "Every hour"
        task.priority = 3
        task.save()

        row = Schedule.objects.get()
        assert (row.next_due_at, row.priority) == (at(9), 3)
        again = Task.objects.get()
        assert (again.pk, again.run_at, again.repeat) == (task.pk, at(9), Task.HOURLY)
        assert again.verbose_name == "Every hour"

    def test_of_one_that_repeats_and_runs_now(self, claimed):
        legacy_note(1, repeat=Task.DAILY)
        materialise_due(limit=9)
        task = Task.objects.get()
        assert task.job_id is not None

        task.priority = 3
        task.save()

        assert (Job.objects.get().priority, Schedule.objects.get().priority) == (3, 3)

    def test_what_has_ended_stays_as_it_is(self):
        legacy_note(1)
        tasks.run_next_task()

        with pytest.raises(TypeError, match="has ended"):
            CompletedTask.objects.get().save()


class TestDeletions:
    def test_of_one_that_waits(self):
        task = legacy_note(1)

        assert task.delete() == (1, {"tasks_background_task.Task": 1})
        assert not Job.objects.exists()

    def test_of_many(self):
        legacy_note(1)
        legacy_note(2, repeat=Task.HOURLY)
        legacy_mail("ada@example.com")

        assert Task.objects.filter(task_name=legacy_note.name).delete()[0] == 2
        assert (Job.objects.count(), Schedule.objects.count()) == (1, 0)
        assert Task.objects.drop_task(legacy_mail.name, ["ada@example.com"])[0] == 1

    def test_of_one_that_repeats_ends_its_schedule(self):
        task = legacy_note(1, repeat=Task.HOURLY)

        task.delete()

        assert not Schedule.objects.exists()
        assert not Job.objects.exists()  # the first was due, and is not made in haste
        assert not tasks.run_next_task()
        act = OperatorAction.objects.get(verb="delete")
        assert act.reason == "its task was deleted"

    def test_of_one_that_runs_lets_it_end(self, claimed):
        task = legacy_note(1)
        claimed()

        assert task.delete() == (0, {})
        assert Job.objects.get().state == "running"

    def test_of_what_has_ended(self):
        legacy_note(1)
        tasks.run_next_task()

        assert CompletedTask.objects.all().delete()[0] == 1
        assert (Job.objects.count(), noted) == (0, [((1,), {})])
