"""A call of a decorated function becomes a job with what was said there."""

from datetime import datetime, timedelta

import pytest
from django.contrib.auth.models import AnonymousUser, User
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import SimpleLazyObject

from scheduler.contrib.background_task import background
from scheduler.contrib.background_task.models import Task
from scheduler.contrib.background_task.signals import task_created
from scheduler.contrib.background_task.tasks import TaskSchedule, tasks
from scheduler.models import Schedule
from tasks_core import background as front_door
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.app.models import Member
from tests.scheduler.background_task import places
from tests.scheduler.background_task.places import legacy_mail, legacy_note, noted
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db


class TestCall:
    def test_it_is_a_job_with_what_was_said(self):
        ada = User.objects.create(username="ada")

        task = legacy_note(
            7, priority=3, queue="legacy_slow", verbose_name="Note 7", creator=ada, colour="red"
        )

        job = Job.objects.get()
        assert (job.args, job.kwargs) == ([7], {"colour": "red"})
        assert (job.priority, job.queue, job.label) == (3, "legacy_slow", "Note 7")
        assert job.creator == f"auth.User:{ada.pk}"
        assert (task.id, task.creator, task.queue) == (job.pk, ada, "legacy_slow")
        assert (task.task_name, task.verbose_name) == (legacy_note.name, "Note 7")

    def test_the_declaration_says_what_the_call_does_not(self):
        with FrozenClock(at(8)):
            task = legacy_mail("ada@example.com")

        assert (task.queue, task.run_at) == ("legacy_mail", at(8, 1))

    @pytest.mark.parametrize(
        ("schedule", "run_at"),
        [
            (90, at(8, 1) + timedelta(seconds=30)),
            (1.5, at(8) + timedelta(seconds=1.5)),
            (timedelta(hours=2), at(10)),
            (at(9), at(9)),
            (datetime(2026, 3, 10, 9), at(9)),  # in the default time zone
            (at(7), at(7)),
            ({"run_at": 90}, at(8, 1) + timedelta(seconds=30)),
            (TaskSchedule(run_at=timedelta(days=1)), at(8) + timedelta(days=1)),
            (None, at(8)),
            (0, at(8)),
        ],
    )
    def test_it_waits_as_the_call_says(self, schedule, run_at):
        with FrozenClock(at(8)):
            task = legacy_note(schedule=schedule)

        assert task.run_at == run_at

    def test_a_schedule_that_is_none_is_refused(self):
        with pytest.raises(InvalidCall, match=r"schedule must be seconds, .*, not \{'when': 9\}"):
            legacy_note(schedule={"when": 9})

    def test_now_is_the_function(self):
        legacy_note.now("at once")

        assert (noted, Task.objects.count()) == ([(("at once",), {})], 0)

    def test_keys_of_dicts_become_text_as_there(self):
        assert legacy_note({22: 2, 11: 1}).params() == ([{"22": 2, "11": 1}], {})

    def test_what_is_no_json_is_refused_at_the_call(self):
        with pytest.raises(TypeError, match="not JSON serializable"):
            legacy_note(object())

    def test_whoever_listens_is_told(self):
        told = []
        listener = task_created.connect(lambda task, **kwargs: told.append(task), weak=False)

        task = legacy_note()

        assert told == [task]
        task_created.disconnect(listener)

    def test_a_user_of_a_request_is_who_stands_behind_it(self):
        ada = User.objects.create(username="ada")

        task = legacy_note(creator=SimpleLazyObject(lambda: ada))

        assert task.creator == ada
        ada.delete()
        assert Task.objects.get().creator is None

    def test_a_proxy_stands_for_its_model_and_an_anonymous_user_for_nobody(self):
        ada = User.objects.create(username="ada")

        task = legacy_note(1, creator=Member.objects.get())
        legacy_note(2, creator=AnonymousUser())

        assert list(Task.objects.created_by(ada)) == [task]
        assert Task.objects.exclude(pk=task.pk).get().created_by == ""
        with pytest.raises(InvalidCall, match="would be those of nobody"):
            Task.objects.created_by(AnonymousUser())

    def test_who_is_not_saved_is_refused(self):
        for asks in (lambda who: legacy_note(creator=who), Task.objects.created_by):
            with pytest.raises(InvalidCall, match=r"auth\.User that is not saved: save it first"):
                asks(User())


class TestAnyCallable:
    @pytest.mark.parametrize(
        ("proxy", "name"),
        [(places.legacy_count, "legacy count"), (places.legacy_part, "legacy part")],
    )
    def test_an_object_runs_under_the_name_that_it_was_given(self, proxy, name):
        assert (proxy.name, proxy.queue) == (name, None)

        proxy("tea")

        assert tasks.run_next_task()
        assert noted == ["tea"]

    def test_a_function_of_another_package(self):
        assert places.legacy_slug.name == "django.utils.text.slugify"

        places.legacy_slug("Green Tea")

        assert tasks.run_next_task()
        assert Job.objects.get().return_value == "green-tea"

    def test_our_own_doors_know_it_too(self):
        front_door.enqueue(legacy_note, [1])
        front_door.enqueue(legacy_note.name, [2])
        legacy_note.enqueue(3)

        assert [task.params()[0] for task in Task.objects.order_by("run_at", "id")] == [
            [1],
            [2],
            [3],
        ]

    def test_a_name_that_is_declared_nowhere_is_refused(self):
        with pytest.raises(InvalidCall, match=r"'nobody\.knows' is not declared with @background"):
            Task.objects.new_task("nobody.knows").save()


class TestValues:
    @pytest.mark.parametrize("repeat", [Task.NEVER, Task.DAILY])
    @pytest.mark.parametrize(
        ("said", "kept"),
        [("tea\0", "tea\\x00"), ("\ud800", "\\ud800"), ("é" * 400, "é" * 255), ("", None)],
    )
    def test_a_name_is_cut_and_cleaned(self, repeat, said, kept):
        task = legacy_note(repeat=repeat, verbose_name=said)
        assert task.verbose_name == Task.objects.get().verbose_name == kept

        task.verbose_name = "another"
        task.save()
        task.verbose_name = said
        task.save()
        assert task.verbose_name == Task.objects.get().verbose_name == kept

    @pytest.mark.parametrize("delay", [1e300, float("nan"), 10**400, timedelta(days=10**8), "soon"])
    def test_a_delay_that_leads_nowhere_is_refused(self, delay):
        with pytest.raises(InvalidCall, match=r"schedule must be seconds, a timedelta or a datet"):
            legacy_note(schedule={"run_at": delay})

    @pytest.mark.parametrize("repeat", [10**18, float("nan"), "60"])
    def test_an_interval_that_is_none_is_refused(self, repeat):
        with pytest.raises(InvalidCall, match=r"repeat must be seconds, such as Task\.DAILY, or 0"):
            legacy_note(repeat=repeat)

        task = legacy_note(repeat=Task.DAILY)
        task.repeat = repeat
        with pytest.raises(InvalidCall, match=r"repeat must be seconds, such as Task\.DAILY, or 0"):
            task.save()

    @pytest.mark.parametrize("repeat", [Task.NEVER, Task.DAILY])
    @pytest.mark.parametrize("value", ["é😀", -0.0, 1.5e-7, 1e300, {"b": 1, "a": [0.1]}])
    def test_what_is_returned_says_the_same_as_what_is_read(self, value, repeat):
        task = legacy_note(value, repeat=repeat)

        again = Task.objects.get(pk=task.pk)
        assert (task.task_hash, task.params()) == (again.task_hash, again.params())

    @pytest.mark.parametrize("named", ["tasks_core.Process:bob", "auth.User:bob", "auth.Gone:1"])
    def test_a_creator_that_there_is_not_is_nobody(self, named):
        legacy_note(creator=named)

        assert Task.objects.get().creator is None


class TestExisting:
    def test_those_that_wait_with_the_same_arguments_go(self):
        legacy_mail("ada@example.com")
        legacy_mail("bob@example.com")

        task = legacy_mail("ada@example.com", schedule=90)

        assert sorted(each.params()[0][0] for each in Task.objects.all()) == [
            "ada@example.com",
            "bob@example.com",
        ]
        assert Task.objects.filter(pk=task.pk).exists()

    def test_also_those_that_repeat(self):
        legacy_mail("ada@example.com", repeat=Task.DAILY)

        legacy_mail("ada@example.com")

        assert (Task.objects.count(), Schedule.objects.count()) == (1, 0)

    def test_one_that_exists_is_enough(self):
        existing = legacy_note(1)

        action = {"action": TaskSchedule.CHECK_EXISTING}

        assert legacy_note(1, schedule=action) is None
        assert legacy_note(2, schedule=action) is not None
        assert legacy_note(1, schedule=action, queue="legacy_slow") is not None
        assert Task.objects.get(queue=None, task_params="[[1], {}]") == existing

    def test_one_that_exists_is_put_off(self):
        existing = legacy_note(1)

        again = {"run_at": at(9), "priority": 4, "action": TaskSchedule.RESCHEDULE_EXISTING}

        assert legacy_note(1, schedule=again) is None
        existing.refresh_from_db()
        assert (existing.run_at, existing.priority) == (at(9), 4)

    def test_one_that_a_worker_takes_first_is_followed_by_another(self, faster_worker):
        existing = legacy_note(1)
        faster_worker()

        again = {"run_at": at(9), "priority": 4, "action": TaskSchedule.RESCHEDULE_EXISTING}
        task = legacy_note(1, schedule=again)

        assert (task.run_at, task.priority) == (at(9), 4)
        assert Task.objects.locked().get() == existing


class TestSettings:
    def test_max_run_time(self, settings):
        settings.MAX_RUN_TIME = 90

        legacy_note()

        assert Job.objects.get().timeout == timedelta(seconds=90)

    def test_max_attempts(self, settings):
        legacy_note()
        settings.MAX_ATTEMPTS = 3
        legacy_note()

        assert sorted(Job.objects.values_list("max_attempts", flat=True)) == [3, 25]

    @pytest.mark.parametrize(
        ("ordering", "said", "stored"),
        [("DESC", 7, 7), ("DESC", -7, -7), ("DESC", 5000, 100), ("ASC", -20, 20), ("ASC", 19, -19)],
    )
    def test_priorities(self, settings, ordering, said, stored):
        settings.BACKGROUND_TASK_PRIORITY_ORDERING = ordering

        task = legacy_note(priority=said)

        assert Job.objects.get().priority == stored
        assert task.priority == max(-100, min(100, said))

    @pytest.mark.parametrize(("ordering", "first"), [("DESC", 19), ("ASC", -20)])
    def test_what_is_first(self, settings, ordering, first):
        settings.BACKGROUND_TASK_PRIORITY_ORDERING = ordering
        for priority in (0, -20, 19):
            legacy_note(priority=priority, schedule=at(8))

        assert Task.objects.find_available()[0].priority == first
        tasks.run_next_task()
        assert not Task.objects.filter(priority=first).exists()

    @pytest.mark.parametrize(
        ("alias", "why"),
        [
            ("immediate", "keeps none"),
            ("queue", "keeps its jobs in 'queue'"),
            ("nowhere", "nowhere"),
        ],
    )
    def test_a_backend_that_cannot_keep_them(self, settings, alias, why):
        settings.BACKGROUND_TASK_BACKEND = alias

        [message] = run_checks(tags=["background_task"])

        assert message.id == "tasks_background_task.E001"
        assert why in message.msg
        with pytest.raises(ImproperlyConfigured, match=why):
            legacy_note()

    def test_one_that_can(self):
        assert run_checks(tags=["background_task"]) == []

    def test_without_the_app_the_declaration_says_what_is_missing(self, settings):
        settings.INSTALLED_APPS = ["tasks_core", "scheduler"]

        with pytest.raises(ImproperlyConfigured, match=r"INSTALLED_APPS \+= \['scheduler\.contrib"):
            background(legacy_note.task_function)

    def test_without_the_scheduler_the_app_says_what_is_missing(self, settings):
        with pytest.raises(ImproperlyConfigured, match="needs the app 'scheduler'"):
            settings.INSTALLED_APPS = ["tasks_core", "scheduler.contrib.background_task"]


def test_a_declaration_shows_what_it_is():
    proxy = background(legacy_note.task_function)

    assert str(proxy) == f"TaskProxy({legacy_note.name})"
    assert proxy.now is legacy_note.now
