"""The suite runs on the database that was asked for, not silently on another."""

import os

import pytest
from django.core.cache import cache
from django.db import connections

from tests.conftest import VENDORS


@pytest.mark.django_db(databases=["default", "queue"])
def test_the_database_is_the_one_that_was_asked_for():
    assert connections["default"].vendor == VENDORS[os.environ["TEST_DB"]]


@pytest.mark.django_db(databases=["default", "queue"])
def test_the_queue_has_a_database_of_its_own():
    queue, default = connections["queue"], connections["default"]

    assert queue.vendor == "sqlite"
    assert queue.settings_dict["NAME"] != default.settings_dict["NAME"]


@pytest.mark.django_db
@pytest.mark.vendor("sqlite")
def test_sqlite_is_set_up_for_several_processes():
    with connections["default"].cursor() as cursor:
        cursor.execute("PRAGMA journal_mode")

        assert cursor.fetchone() == ("wal",)


@pytest.mark.django_db
@pytest.mark.vendor("postgresql")
def test_beside_postgresql_there_is_a_redis_that_answers():
    cache.set("kettle", "on")

    assert cache.get("kettle") == "on"
    assert os.environ["REDIS_URL"].startswith("redis://")


def test_a_child_process_uses_the_databases_of_the_test(manage_process):
    names = {alias: str(connections[alias].settings_dict["NAME"]) for alias in connections}
    show = "from django.conf import settings; print(*(str(d['NAME']) for d in settings.DATABASES.values()), settings.TEA)"

    child = manage_process("shell", "-c", show, settings={"TEA": "green"})

    assert child.wait() == 0
    assert f"{names['default']} {names['queue']} green" in child.output
