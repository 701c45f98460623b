"""What ``manage.py check`` says about the API."""

import datetime as dt
import sys
import typing

import pytest
from django.contrib.auth.models import Group
from django.core.cache.backends.locmem import LocMemCache
from django.core.checks import run_checks

from tasks_core import registry, task
from tasks_core.definition import Task
from tasks_core.exceptions import InvalidCall
from tests.tasks_core.http import callers


def ids_of(found):
    return {message.id for message in found if message.id.startswith("tasks_core.")}


@pytest.fixture
def declared(monkeypatch):
    """Declare tasks, and no others, for as long as a test lasts."""
    monkeypatch.setattr(registry, "_declared", {})

    def declare(func=lambda: None, **options):
        registry.declare(Task(func, "shop.tasks.sell", **options))

    return declare


def said(identifier):
    return [message for message in run_checks(tags=["jobs"]) if message.id == identifier]


def test_a_missing_library_names_the_extra(monkeypatch):
    monkeypatch.setattr("tasks_core.http.checks.find_spec", lambda name: None)

    (message,) = said("tasks_core.E040")

    assert "django-tasks-core[http]" in message.hint


def test_a_parameter_that_is_no_json_is_named(declared):
    def sell(day: dt.date):
        pass

    declared(sell, http=True)

    (message,) = said("tasks_core.E041")
    assert "'day' as date" in message.msg


def test_a_typed_dict_that_cannot_be_read_is_named_with_its_cure(declared):
    def sell(order: typing.TypedDict("Order", {"number": int})):
        pass

    declared(sell, http=True)

    told = said("tasks_core.E041")
    expected = ["Make it with typing_extensions.TypedDict."] if sys.version_info < (3, 12) else []
    assert [message.hint for message in told] == expected


@pytest.mark.parametrize("codename", ["ad_group", "nosuch"])
def test_a_permission_that_no_model_declares_is_named(declared, codename):
    declared(http=f"auth.{codename}")

    (message,) = said("tasks_core.W043")
    assert f"auth.{codename}" in message.msg
    assert "add_group" in message.hint


@pytest.mark.parametrize("permission", ["auth.add_group", "tasks_core.view_job"])
def test_a_permission_of_a_model_is_none_to_warn_of(declared, permission):
    declared(http=permission)

    assert said("tasks_core.W043") == []


def test_a_permission_that_a_model_adds_is_none_to_warn_of(declared, monkeypatch):
    monkeypatch.setattr(Group._meta, "permissions", [("close_group", "Can close a group")])
    declared(http="auth.close_group")

    assert said("tasks_core.W043") == []


def test_a_permission_of_no_app_is_named(declared):
    declared(http="nowhere.add_order")

    (message,) = said("tasks_core.E042")
    assert "nowhere.add_order" in message.msg


def test_a_backend_that_keeps_no_jobs_is_named(declared):
    declared(http=True, backend="immediate")

    assert len(said("tasks_core.W041")) == 1


def test_what_nobody_can_call_is_named(declared, settings):
    declared(http=True)
    settings.INSTALLED_APPS = [name for name in settings.INSTALLED_APPS if "http" not in name]

    assert len(said("tasks_core.W042")) == 1


def test_a_cache_of_one_process_is_told_where_the_api_is_mounted(settings):
    told = said("tasks_core.W040")
    settings.ROOT_URLCONF = "tests.urls"
    unmounted = said("tasks_core.W040")

    assert (len(told), unmounted) == (1, [])
    assert LocMemCache.__module__ in settings.CACHES["default"]["BACKEND"]


def test_all_is_well_with_a_shared_cache_and_tasks_that_can_be_called(declared, settings, tmp_path):
    shared = "django.core.cache.backends.filebased.FileBasedCache"
    settings.CACHES = {"default": {"BACKEND": shared, "LOCATION": str(tmp_path)}}
    declared(http=True)

    assert not {"tasks_core.W040", "tasks_core.E041", "tasks_core.W041"} & ids_of(
        run_checks(tags=["jobs"])
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("HTTP_RATE", "many"),
        ("HTTP_STRANGERS_RATE", 3),
        ("HTTP_CACHE", "nowhere"),
        ("HTTP_KEYS", -1),
    ],
)
def test_a_setting_that_cannot_be_is_named(settings, name, value):
    settings.TASKS_CORE = {name: value}

    assert any(name in message.msg for message in said("tasks_core.E004"))


@pytest.mark.parametrize("http", ["add_order", ".add_order", "shop.", 1, None])
def test_a_permission_that_is_none_is_refused_where_it_is_declared(http):
    with pytest.raises(InvalidCall, match="http must be"):
        task(http=http)(callers.person)
