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
from tests.faults.kit.havoc import Havoc, lasting
from tests.faults.kit.load import APPS
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

SECONDS = size(6, 600)
CONTROL_SECONDS = size(4, 30)
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
    """Run all four processes for so long; return their outputs once they have ended."""

    def run(seconds, options):
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
        eventually(lambda: Effect.objects.filter(name="visit").count() > 5)
        site.wreak(lambda _: None, while_=lasting(seconds), every=(0.1, 0.2))
        site.end()
        return [child.output for child in site.processes]

    return run


def locked(outputs):
    """Return how often a user's code was told so: in the site, in a process, in a job."""
    errors = Job.objects.exclude(errors=[]).values_list("errors", flat=True)
    return sum(text.count(LOCKED) for text in outputs) + sum(LOCKED in str(e) for e in errors)


def test_nobody_is_told_that_the_database_is_locked(busy_site, tally):
    outputs = busy_site(SECONDS, OURS)

    visits = Effect.objects.filter(name="visit").count()
    done = Job.objects.filter(state=JobState.SUCCESSFUL).count()
    tally.row(
        "S15 SQLite", f"{SECONDS} s, {visits} visits and {done} jobs", surplus=locked(outputs)
    )
    assert locked(outputs) == 0
    assert Job.objects.filter(state=JobState.FAILED).count() == 0
    assert min(visits, done) > 20 * SECONDS
    assert Job.objects.filter(context__has_key="key").count() >= 5 * (SECONDS - 2)


def test_with_djangos_defaults_they_are(busy_site, tally):
    outputs = busy_site(CONTROL_SECONDS, DEFAULTS)

    tally.control("S15 SQLite", f"told {locked(outputs)} times in {CONTROL_SECONDS} s")
    assert locked(outputs) > 0
