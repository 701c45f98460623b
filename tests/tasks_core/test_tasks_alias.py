"""A backend of TASKS as one of ours: what travels, what is refused, what comes back."""

from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID

import pytest

from tasks_core import JobState, background, job_backends
from tasks_core.exceptions import (
    InvalidCall,
    JobDoesNotExist,
    ResultNotReady,
    UnknownTask,
    UnsupportedFeature,
)
from tasks_core.signals import job_settled, job_started, jobs_ended
from tasks_core.testing import FrozenClock
from tasks_core.testing import jobs as done
from tests.app import tasks as ours
from tests.joined import tasks_of_django
from tests.tasks_core.rows import HOUR, NOON

compat = pytest.importorskip("tasks_core.compat", exc_type=ImportError)
tasks = tasks_of_django()


pytestmark = [
    pytest.mark.django_db(databases=["default", "queue"]),
    pytest.mark.usefixtures("tasks_setting"),
]

SHIM = "tasks_core.contrib.django_tasks.shim.run_call"


@pytest.fixture(autouse=True)
def bridged(settings, tasks_setting):
    bridge = "tasks_core.backends.django_tasks.DjangoTasksBackend"
    settings.JOBS = settings.JOBS | {
        "stored": {"BACKEND": bridge, "OPTIONS": {"alias": "dummy"}},
        "now": {"BACKEND": bridge},
    }
    done.remembered.clear()


@pytest.fixture
def dummy(tasks_setting):
    backend = compat.task_backends["dummy"]
    backend.clear()
    return backend


@pytest.fixture
def stored(dummy):
    return background.on("stored")


@pytest.fixture
def now():
    return background.on("now")


@pytest.fixture
def heard():
    """Listen to a signal until the test ends: what was said with it."""
    with ExitStack() as stack:

        def listen(signal):
            told = []

            def note(**kwargs):
                told.append(kwargs)

            signal.connect(note)
            stack.callback(signal.disconnect, note)
            stack.callback(note)  # keeps it alive
            return told

        yield listen


@pytest.fixture
def told_by_dummy(monkeypatch, tasks_setting):
    """Django's says that it tells no results, although it does."""
    monkeypatch.setattr(type(compat.task_backends["dummy"]), "supports_get_result", True)


class TestWhatIsStored:
    def test_a_function_travels_by_its_name(self, stored, dummy):
        result = stored.enqueue(ours.leave_effect, ["tea"], {"milk": 1}, priority=5, queue="mail")

        [kept] = dummy.results
        assert (kept.task.module_path, kept.task.priority) == (SHIM, 5)
        assert (kept.task.queue_name, kept.task.run_after) == ("mail", None)
        assert kept.kwargs["task"] == "tests.app.tasks.leave_effect"
        assert (kept.kwargs["args"], kept.kwargs["kwargs"]) == (["tea"], {"milk": 1})
        assert (result.status, result.task_result) == (JobState.READY, kept)

    def test_a_task_of_django_travels_as_itself(self, stored, dummy):
        stored.enqueue(tasks.add, [1], {"more": 2})

        [kept] = dummy.results
        assert (kept.task.func, kept.args, kept.kwargs) == (tasks.add.func, [1], {"more": 2})
        assert (kept.task.priority, kept.task.backend) == (7, "dummy")

    def test_a_task_of_ours_keeps_its_words(self, stored, dummy):
        from tests.app.unlisted import brew

        stored.enqueue(brew, ["oolong"])

        assert dummy.results[0].task.queue_name == "tea"

    def test_a_later_call_waits_there(self, stored, dummy):
        with FrozenClock(NOON):
            result = stored.defer(ours.nothing, when=HOUR)

        assert dummy.results[0].task.run_after == NOON + HOUR
        assert result.status == JobState.SCHEDULED

    def test_its_name_is_looked_up_when_it_runs(self):
        said = {"args": [], "kwargs": {}, "job": {}}
        from tasks_core.contrib.django_tasks.shim import run_call

        with pytest.raises(UnknownTask):
            run_call.func(None, task="os.getcwd", **said)


class TestInBand:
    def test_a_call_runs_and_has_a_result(self, now):
        result = now.enqueue(done.remember, ["tea"], {"milk": [1]})

        assert done.remembered == [(("tea",), {"milk": [1]})]
        assert (result.status, result.return_value) == (JobState.SUCCESSFUL, "tea")

    def test_a_task_of_ours_is_given_our_context(self, now):
        result = now.enqueue(done.remember_context, ["tea"])

        assert result.return_value == {"attempt": 1, "queue": "default"}

    def test_a_task_of_django_is_given_its_own(self, now):
        result = now.enqueue(tasks.look, ["tea"])

        assert result.return_value[:2] == ["tea", 1]

    def test_a_coroutine_runs(self, now):
        assert now.enqueue(done.remember_later, ["tea"]).return_value == "tea"

    def test_what_it_raises_is_on_the_result(self, now):
        result = now.enqueue(ours.explode)

        [error] = result.errors
        assert (result.status, error.exception) == (JobState.FAILED, "builtins.RuntimeError")
        assert (error.message, error.attempt) == ("boom", 1)
        with pytest.raises(ResultNotReady, match="boom"):
            _ = result.return_value

    def test_our_signals_tell_of_it(self, now, heard):
        started, settled, ended = map(heard, (job_started, job_settled, jobs_ended))

        now.enqueue(ours.nothing)

        assert [each["attempt"].task for each in started] == ["tests.app.tasks.nothing"]
        assert len(settled) == 1
        assert [(each["alias"], each["ends"][0].state) for each in ended] == [("now", "successful")]

    def test_who_cannot_defer_cannot_snooze(self, now):
        result = now.enqueue(ours.snooze_at_first, ["tea"])

        assert result.errors[0].exception == "tasks_core.exceptions.UnsupportedFeature"

    def test_it_cannot_defer(self, now):
        assert not job_backends["now"].supports("defer")
        with pytest.raises(UnsupportedFeature, match="cannot defer"):
            now.defer(ours.nothing, when=HOUR)


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        "option",
        [
            {"key": "tea"},
            {"max_attempts": 3},
            {"timeout": 5},
            {"concurrency": ("tea", 1)},
            {"rate": "1/m"},
            {"expires_at": timedelta(hours=1)},
            {"label": "tea"},
        ],
    )
    def test_an_option_that_tasks_of_django_do_not_have(self, stored, dummy, option):
        with pytest.raises(UnsupportedFeature, match=next(iter(option))):
            stored.enqueue(ours.nothing, **option)

        assert dummy.results == []

    def test_a_queue_that_is_not_listed_there(self, stored, dummy, settings):
        listed = settings.TASKS["dummy"] | {"QUEUES": ["mail"]}
        settings.TASKS = settings.TASKS | {"dummy": listed}

        with pytest.raises(InvalidCall, match="Queue 'default' is not valid"):
            background.on("stored").enqueue(ours.nothing)
        assert background.on("stored").enqueue(ours.nothing, queue="mail").status == JobState.READY

    def test_a_priority_where_there_is_none(self, stored, monkeypatch):
        monkeypatch.setattr(type(compat.task_backends["dummy"]), "supports_priority", False)

        with pytest.raises(UnsupportedFeature, match="priority"):
            stored.enqueue(ours.nothing, priority=1)
        assert stored.enqueue(ours.nothing).status == JobState.READY


@pytest.mark.usefixtures("told_by_dummy")
class TestWhatComesBack:
    def test_a_result_is_read_again(self, stored, dummy):
        result = stored.enqueue(ours.nothing)
        # What the worker of such a backend does to what it keeps.
        object.__setattr__(dummy.results[0], "status", compat.TaskResultStatus.SUCCESSFUL)
        object.__setattr__(dummy.results[0], "_return_value", "tea")

        result.refresh()

        assert (result.status, result.return_value) == (JobState.SUCCESSFUL, "tea")

    def test_a_result_that_is_gone_does_not_exist(self, stored, dummy):
        result = stored.enqueue(ours.nothing)
        dummy.clear()

        with pytest.raises(JobDoesNotExist):
            result.refresh()

    def test_who_keeps_no_results_says_so(self, now):
        with pytest.raises(UnsupportedFeature, match="keeps no results"):
            now.enqueue(ours.nothing).refresh()

    def test_ids_that_it_makes_itself_are_not_ours(self, dummy):
        backend = job_backends["stored"]

        assert backend.supports("get")
        assert not backend.supports("get_many")
        assert backend.get(UUID(int=1)) is None
