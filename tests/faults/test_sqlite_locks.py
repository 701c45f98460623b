"""
S15: on SQLite a busy site, a scheduler and two workers share one writer's lock, and none of
their code is told "database is locked".

With the settings that our check demands; the control is Django's own default.
"""

import pytest
from django.db import connection

from tasks_core.models import Job
from tasks_core.states import JobState
from tests.app.models import Effect
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.load import APPS
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

VISITS = size(150, 3000)  # and as many jobs
PULSES = size(10, 100)
LOCKED = "database is locked"
OURS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}
DEFAULTS = {"timeout": 5, "init_command": "PRAGMA journal_mode=WAL"}
COMMANDS = ("write_like_a_site", "run_scheduler", "run_worker", "run_worker")
PULSE = {"task": "tests.faults.tasks.read_then_write", "every": 1, "overlap": "allow"}

pytestmark = [pytest.mark.vendor("sqlite"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def busy_site(manage_process):
    """Run all four processes until something is so; return their words once they have ended."""

    def run(options, *, until):
        database = {"NAME": str(connection.settings_dict["NAME"]), "OPTIONS": options}
        settings = {
            "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3"} | database},
            "INSTALLED_APPS": APPS,
            "JOBS": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
            "SCHEDULE": {f"pulse {number}": PULSE for number in range(5)},
            "SILENCED_SYSTEM_CHECKS": ["tasks_core.E006", "tasks_scheduler.W002"],
        }
        commands = iter(COMMANDS)
        site = Havoc(lambda: manage_process(next(commands), settings=settings), len(COMMANDS))
        site.begin()
        eventually(lambda: until([child.output for child in site.processes]), seconds=600)
        site.end()
        return [child.output for child in site.processes]

    return run


def visits():
    return Effect.objects.filter(name="visit").count()


def done():
    return Job.objects.filter(state=JobState.SUCCESSFUL)


def busy_enough(_):
    pulses = done().filter(context__has_key="key")
    return min(visits(), done().count()) >= VISITS and pulses.count() >= PULSES


def locked(outputs):
    """Return how often a user's code was told so: in the site, in a process, in a job."""
    errors = Job.objects.exclude(errors=[]).values_list("errors", flat=True)
    return sum(text.count(LOCKED) for text in outputs) + sum(LOCKED in str(e) for e in errors)


def assert_never_told(outputs):
    assert locked(outputs) == 0


def test_nobody_is_told_that_the_database_is_locked(busy_site, tally):
    outputs = busy_site(OURS, until=busy_enough)

    amount = f"{visits()} transactions of a site, {done().count()} jobs"
    tally.row("S15 SQLite", amount, surplus=locked(outputs))
    assert_never_told(outputs)
    assert Job.objects.filter(state=JobState.FAILED).count() == 0


def test_with_djangos_defaults_they_are(busy_site, tally):
    outputs = busy_site(DEFAULTS, until=locked)

    amount = f"{visits()} transactions, {done().count()} jobs"
    tally.control("S15 SQLite", f"told {locked(outputs)} times in {amount}")
    with pytest.raises(AssertionError):
        assert_never_told(outputs)
