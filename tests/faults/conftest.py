"""Fixtures of the fault scenarios: workers of a backend, and the tally of what was counted."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from tests.faults.kit import load, oracle
from tests.faults.kit.tally import Tally
from tests.faults.kit.valkey import Valkey
from tests.tasks_core.redis_keys import hang_up

REDIS = "tasks_core.backends.redis.RedisBackend"
PLACE = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
ONLY_WARNINGS = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {"tasks_core": {"handlers": ["console"], "level": "WARNING"}},
}


@pytest.fixture
def worker_of(manage_process):
    """Return a function that starts one worker of a backend; other words are keys of TASKS_CORE."""

    def starter(backend=load.FENCED, *, command="run_worker", **tuning):
        told = {
            "INSTALLED_APPS": load.APPS,
            "JOBS": {"BACKEND": backend},
            "LOGGING": ONLY_WARNINGS,
            "TASKS_CORE": {"POLL": 0.2} | tuning,
        }
        return lambda: manage_process(command, settings=told)

    return starter


@pytest.fixture
def fast(manage_process):
    """
    Return a function that starts commands on forty schedules, at 240 times the speed of time.

    What is named replaces keys of the database's entry in DATABASES.
    """
    origin = datetime.now(UTC).isoformat()

    def start(*arguments, **place):
        here = {name: connection.settings_dict[name] for name in PLACE}
        settings = {
            # As Django's documentation says for a pooler; it does no harm elsewhere.
            "DATABASES": {"default": here | {"DISABLE_SERVER_SIDE_CURSORS": True} | place},
            "INSTALLED_APPS": load.APPS,
            "JOBS": {"BACKEND": load.FENCED},
            "SCHEDULE": oracle.schedule(load.SCHEDULES),
        }
        return manage_process(*arguments, settings=settings, clock=f"{origin} {load.SPEED}")

    return start


@pytest.fixture
def tally(capsys):
    """Take down what a scenario counted: on the terminal, and in FAULT_RESULTS if that is set."""

    def say(words):
        with capsys.disabled():
            sys.stdout.write(f"\n{words}\n")

    path = os.environ.get("FAULT_RESULTS")
    return Tally(say, Path(path) if path else None)


@pytest.fixture
def own_redis(settings, tally):
    """Start a Valkey of a scenario's own; all jobs are kept there. Words are settings of it."""
    servers = []

    def start(**told):
        servers.append(server := Valkey(**told))
        settings.JOBS = {"default": {"BACKEND": REDIS, "OPTIONS": server.options}}
        tally.store = "Valkey"
        return server

    yield start
    for server in servers:
        hang_up("default")
        server.remove()


@pytest.fixture
def redis_site(manage_process):
    """Return what starts commands whose jobs are kept at this server, or at another port."""

    def of(server, *, port=None, backend=REDIS, **tuning):
        told = {
            "INSTALLED_APPS": load.APPS,
            "JOBS": {"default": {"BACKEND": backend, "OPTIONS": server.options_at(port)}},
            "LOGGING": ONLY_WARNINGS,
            "TASKS_CORE": {"POLL": 0.2} | tuning,
        }
        return lambda *arguments: manage_process(*arguments, settings=told)

    return of
