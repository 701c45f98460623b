"""JOBS: flat or by alias, read when asked, forgotten when changed."""

import pytest
from django.test import override_settings

from tasks_core import Call, background, job_backends
from tasks_core.backends.database import DatabaseBackend
from tasks_core.backends.dummy import DummyBackend
from tasks_core.exceptions import InvalidCall, InvalidJobBackend
from tests.app.tasks import nothing
from tests.tasks_core.test_task import plain, send

DUMMY = {"BACKEND": "tasks_core.backends.dummy.DummyBackend"}


def test_there_is_one_instance_for_each_alias():
    assert job_backends["dummy"] is job_backends["dummy"]
    assert job_backends["default"] is not job_backends["queue"]
    assert (job_backends["queue"].alias, job_backends["queue"].database) == ("queue", "queue")
    assert set(job_backends) == {"default", "queue", "immediate", "dummy", "redis"}


def test_changed_settings_count_at_once_and_only_as_long():
    assert isinstance(job_backends["default"], DatabaseBackend)

    with override_settings(JOBS=DUMMY):
        background.enqueue(nothing)
        assert len(job_backends["default"].calls) == 1

    assert isinstance(job_backends["default"], DatabaseBackend)


def test_a_class_may_stand_for_its_path():
    with override_settings(JOBS={"BACKEND": DummyBackend}):
        assert isinstance(job_backends["default"], DummyBackend)


@pytest.mark.parametrize(
    ("jobs", "words"),
    [
        ({"BACKEND": "no.such.Backend"}, "No module named"),
        ({"BACKEND": "tasks_core.backends.dummy.Missing"}, "Missing"),
        ({"BACKEND": "django.db.models.Model"}, "not a subclass of BaseJobBackend"),
        ({"BACKEND": None}, "not a subclass"),
        ({"default": {}}, "must be a dict with the key"),
        ({"default": "dummy"}, "must be a dict with the key"),
        ({"defualt": DUMMY}, "no backend 'default'. Did you mean 'defualt'"),
    ],
)
def test_a_backend_that_cannot_be_built_says_why(jobs, words):
    with override_settings(JOBS=jobs), pytest.raises(InvalidJobBackend, match=words):
        job_backends["default"]


def test_an_unknown_alias_is_named_with_its_neighbour():
    with pytest.raises(InvalidJobBackend, match=r"no backend 'quue'\. Did you mean 'queue'"):
        background.on("quue").enqueue(nothing)


def test_many_calls_go_to_one_backend():
    with pytest.raises(InvalidCall, match=r"several backends \(default, dummy\)"):
        background.enqueue_many([Call(plain), Call(send, ["Ann"])])


def test_no_calls_are_no_jobs():
    assert background.on("dummy").enqueue_many([]) == []
