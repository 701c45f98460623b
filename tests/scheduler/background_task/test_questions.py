"""What people ask of Task.objects, in the old words; and what they change with them."""

import os
import subprocess
import sys
from datetime import timedelta
from hashlib import sha1

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db.models import Count, F
from django.shortcuts import get_object_or_404

from scheduler.contrib.background_task import changing
from scheduler.contrib.background_task.models import CompletedTask, Task
from scheduler.contrib.background_task.tasks import tasks
from scheduler.models import OperatorAction, Schedule
from scheduler.turn.batches import materialise_due
from tasks_core import background
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job, Process
from tasks_core.testing import FrozenClock
from tests.app.tasks import leave_effect
from tests.scheduler.background_task.places import legacy_fails, legacy_mail, legacy_note, noted
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db


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
        assert {each.task_hash for each in Task.objects.filter(pk__in=[one.pk, same.pk])} == {
            sha1(f'{legacy_note.name}[[1], {{"a": 1, "b": 2}}]'.encode()).hexdigest()
        }
        assert set(Task.objects.get_task(legacy_note.name, [1], {"a": 1, "b": 2})) == {one, same}

    @pytest.mark.parametrize("model", [Task, CompletedTask])
    @pytest.mark.parametrize(
        ("name", "words"),
        [
            ("task_hash", r"'task_hash' cannot be asked .* get_task\(name, args, kwargs\) returns"),
            ("creator", r"created_by\(user\) returns"),
            ("creator_content_type", r"created_by\(user\) returns"),
            ("creator_object_id", r"created_by\(user\) returns"),
        ],
    )
    def test_what_no_column_says_names_what_does(self, model, name, words):
        for ask in ("filter", "exclude", "get"):
            with pytest.raises(FieldError, match=words):
                getattr(model.objects, ask)(**{name: 1})
        with pytest.raises(FieldError, match=words):
            model.objects.order_by(name)
        with pytest.raises(FieldError, match=words):
            model.objects.annotate(found=F(name))

        assert list(model.objects.annotate(**{name: F("priority")}).filter(**{name: 1})) == []

    def test_of_what_has_ended_by_its_arguments(self):
        for number in (1, 2):
            legacy_note(number)
        while tasks.run_next_task():
            pass

        assert CompletedTask.objects.get_task(legacy_note.name, [2]).get().params() == ([2], {})

    def test_by_whom_it_was_asked_for(self):
        ada = User.objects.create(username="ada")

        task = legacy_note(1, creator=ada)

        assert task.creator_object_id == Task.objects.get().creator_object_id == ada.pk
        assert legacy_note(2).creator_object_id is None

    def test_by_the_last_error(self, settings):
        settings.MAX_ATTEMPTS = 2
        with FrozenClock(at(9)) as clock:
            legacy_fails()
            legacy_note(1, schedule=9999)
            legacy_note(2, schedule=9999, repeat=Task.HOURLY)
            tasks.run_next_task()

            assert Task.objects.filter(last_error="").count() == 2
            failing = Task.objects.exclude(last_error="").get()
            assert failing.last_error.startswith("Traceback")
            assert failing.has_error()
            assert Task.objects.filter(last_error__contains='raise RuntimeError("the shop').exists()
            clock.advance(seconds=6)
            tasks.run_next_task()

        [ended] = CompletedTask.objects.filter(last_error__icontains="the shop is closed")
        assert ended.last_error == Job.objects.get(pk=ended.pk).errors[-1]["traceback"]

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

    def test_by_what_they_say_now(self):
        legacy_note(1, priority=3)
        legacy_note(2, priority=5)

        assert Task.objects.update(priority=F("priority") + 1) == 2

        assert set(Job.objects.values_list("priority", flat=True)) == {4, 6}

    def test_of_what_is_none_of_theirs(self):
        legacy_note(1)

        with pytest.raises(FieldDoesNotExist):
            Task.objects.update(priorty=3)

    def test_of_many_are_of_all_or_of_none(self, claimed):
        legacy_note(1)
        claimed()
        legacy_note(2, schedule=60)

        with pytest.raises(InvalidCall, match="what a worker left that has died is run again"):
            Task.objects.order_by("-run_at").update(locked_by=None, locked_at=None, priority=7)

        assert set(Job.objects.values_list("priority", flat=True)) == {0}

    def test_of_one_that_has_ended_meanwhile(self, monkeypatch):
        legacy_note(1)
        legacy_note(2)
        found = Task.objects.order_by("run_at")
        ended = found[0]

        change = changing.change

        def change_later(task):
            if task.pk == ended.pk:
                Job.objects.filter(pk=ended.job_id).delete()
            return change(task)

        monkeypatch.setattr(changing, "change", change_later)

        assert found.update(priority=7) == 1

    def test_of_one_that_is_claimed_meanwhile(self, faster_worker):
        runs, repeats = legacy_note(1), legacy_note(2, repeat=Task.HOURLY)
        materialise_due(limit=9)
        faster_worker()

        assert Task.objects.update(run_at=at(9), priority=7) == 0
        assert set(Job.objects.values_list("priority", flat=True)) == {0}
        assert Task.objects.filter(pk=runs.pk).update(priority=7) == 0
        assert Task.objects.filter(pk=repeats.pk).update(priority=7) == 1  # its later runs
        assert Schedule.objects.get().priority == 7

    def test_attempts_are_counted_by_workers(self):
        legacy_note(1)

        assert Task.objects.update(attempts=0) == 1  # as it is
        with pytest.raises(InvalidCall, match=r"attempts of a stored .* only creator, priority"):
            Task.objects.update(attempts=3)

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
        with pytest.raises(TypeError, match="has ended"):
            CompletedTask.objects.update(priority=1)


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
