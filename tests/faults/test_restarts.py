"""
S4: PostgreSQL is restarted again and again, every other time as if it had been killed, while
jobs are enqueued and run and schedules are due: nothing is lost, and no process ends for it.

The server is the scenario's own. The control's server answers COMMIT before it has written.
"""

import random
from datetime import timedelta
from itertools import cycle
from threading import Event
from time import monotonic

import pytest
from django.db import connection

from scheduler.models import Schedule
from tasks_core.models import Job
from tests.app.models import Effect
from tests.faults.kit.books import assert_balanced, audit
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.load import APPS, all_ended
from tests.faults.kit.server import Server
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

JOBS, RESTARTS, WORKERS = size((450, 3, 2), (10_000, 20, 4))
CONTROL_JOBS, SECONDS = 300, size(0.05, 0.02)  # that a job rests
CONCURRENCY = 4
SCHEDULES = 3
RESUMED = size(60, 10)  # seconds
PULSE = {"task": "tests.app.tasks.nothing", "every": 1, "overlap": "allow", "catch_up": "all"}
FORGETFUL = {"synchronous_commit": "off", "wal_writer_delay": "10s"}

pytestmark = [pytest.mark.vendor("postgresql"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def private(manage_process):
    """Start a server, use its database here too, and return it with a way to run commands there."""
    servers = []

    def start(**options):
        servers.append(server := Server(**options))
        connection.close()
        connection.settings_dict.update(server.settings)
        settings = {
            "DATABASES": {"default": server.settings},
            "INSTALLED_APPS": APPS,
            "JOBS": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
            "TASKS_CORE": {"POLL": 0.2, "CONCURRENCY": CONCURRENCY, "LEASE": 10},
            "SCHEDULE": {f"pulse {number}": PULSE for number in range(SCHEDULES)},
            "SILENCED_SYSTEM_CHECKS": ["tasks_scheduler.W002"],
        }
        run = lambda *arguments: manage_process(*arguments, settings=settings)  # noqa: E731
        assert run("migrate").wait() == 0
        return server, run

    shared = dict(connection.settings_dict)
    yield start
    connection.close()
    connection.settings_dict.update(shared)
    for server in servers:
        server.remove()


def restart(server, mode):
    """Restart the server and return how many seconds it takes until a job is done again."""
    server.restart(mode)
    began = monotonic()
    connection.close()
    before = done()
    eventually(lambda: done() > before, seconds=60)
    return monotonic() - began


def done():
    return Effect.objects.filter(name="done").count()


def numbers_missing(asked):
    stored = Job.objects.values_list("label", flat=True)
    return set(map(str, range(asked))) - set(stored)


def assert_nothing_missing(asked, *amiss):
    assert (numbers_missing(asked), *amiss) == (set(), *[0] * len(amiss))


def pulses_amiss():
    """Return the due times without a job, and the jobs that are too many."""
    lost, surplus = 0, 0
    for schedule in Schedule.objects.all():
        jobs = Job.objects.filter(context__key=schedule.key)
        made = list(jobs.values_list("context__scheduled_for", flat=True))
        seconds = (schedule.watermark - schedule.known_since) // timedelta(seconds=1)
        lost += max(0, seconds - len(set(made)))
        surplus += len(made) - len(set(made))
    return lost, surplus


def test_restarts_lose_nothing_and_end_no_process(private, tally):
    server, run = private()
    workers = Havoc(lambda: run("run_worker"), number=WORKERS)
    workers.begin()
    scheduler = run("run_scheduler")
    site = run("enqueue_steadily", str(JOBS), "--seconds", str(SECONDS))
    eventually(done)

    chance, resumed = random.Random(RESTARTS), []
    for _, mode in zip(range(RESTARTS), cycle(["immediate", "fast"])):
        Event().wait(chance.uniform(0.0, 0.5))  # the fault's own rhythm
        resumed.append(restart(server, mode))
    assert site.wait(300) == 0
    in_doubt = int(site.output.split(" in doubt")[0].split()[-1])
    eventually(all_ended, seconds=300)

    alive = [child.returncode for child in (scheduler, *workers.processes)]
    ended = [scheduler.stop(), *workers.end()]
    books = audit(JOBS)
    lost, surplus = pulses_amiss()
    tally.row(
        "S4 restarts of PostgreSQL",
        f"{JOBS} jobs, {RESTARTS} restarts, resumed within {max(resumed):.1f} s",
        lost=len(numbers_missing(JOBS)) + lost,
        repeated=books.repeated,
        bound=RESTARTS * WORKERS * CONCURRENCY,
        surplus=surplus,
    )
    assert alive == [None] * (WORKERS + 1)
    assert ended == [0] * (WORKERS + 1)
    assert_nothing_missing(JOBS, lost, surplus)
    assert books.jobs - JOBS <= in_doubt
    assert max(resumed) <= RESUMED
    assert_balanced(books, repeats=RESTARTS * WORKERS * CONCURRENCY)


def test_a_server_that_answers_before_it_has_written_is_found_out(private, tally):
    server, run = private(**FORGETFUL)
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")  # it is to forget jobs, not its tables
    site = run("enqueue_steadily", str(CONTROL_JOBS))
    eventually(lambda: Job.objects.count() > CONTROL_JOBS // 10)
    server.restart("immediate")
    connection.close()

    assert site.wait() == 0
    lost = len(numbers_missing(CONTROL_JOBS))
    tally.control("S4 restarts of PostgreSQL", f"{lost} lost of {CONTROL_JOBS} by one restart")
    with pytest.raises(AssertionError):
        assert_nothing_missing(CONTROL_JOBS)
