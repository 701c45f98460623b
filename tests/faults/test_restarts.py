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

JOBS, RESTARTS, WORKERS = size((600, 4, 2), (100_000, 20, 4))
CONCURRENCY = 4
SCHEDULES = 3
RESUMED = 10  # seconds
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
    done = Effect.objects.filter(name="done")
    before = done.count()
    eventually(lambda: done.count() > before or not unfinished())
    return monotonic() - began


def unfinished():
    return not all_ended()


def numbers_missing():
    stored = Job.objects.values_list("label", flat=True)
    return set(map(str, range(JOBS))) - set(stored)


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
    site = run("enqueue_steadily", str(JOBS))
    eventually(Effect.objects.exists)

    pauses, resumed = random.Random(RESTARTS), []
    for _, mode in zip(range(RESTARTS), cycle(["fast", "immediate"])):
        Event().wait(pauses.uniform(0.5, 1.5))  # the fault's own rhythm, no waiting for luck
        resumed.append(restart(server, mode))
    assert site.wait(size(60, 1800)) == 0
    in_doubt = int(site.output.split(" in doubt")[0].split()[-1])
    eventually(lambda: not unfinished(), seconds=size(60, 1800))

    alive = [child.returncode for child in (scheduler, *workers.processes)]
    ended = [scheduler.stop(), *workers.end()]
    books = audit(JOBS)
    lost, surplus = pulses_amiss()
    tally.row(
        "S4 restarts of PostgreSQL",
        f"{JOBS} jobs, {RESTARTS} restarts, resumed within {max(resumed):.1f} s",
        lost=len(numbers_missing()) + lost,
        repeated=books.repeated,
        bound=RESTARTS * WORKERS * CONCURRENCY,
        surplus=surplus,
    )
    assert alive == [None] * (WORKERS + 1)
    assert ended == [0] * (WORKERS + 1)
    assert (numbers_missing(), lost, surplus) == (set(), 0, 0)
    assert books.jobs - JOBS <= in_doubt
    assert max(resumed) <= RESUMED
    assert_balanced(books, repeats=RESTARTS * WORKERS * CONCURRENCY)


def test_a_server_that_answers_before_it_has_written_is_found_out(private, tally):
    server, run = private(**FORGETFUL)
    site = run("enqueue_steadily", str(JOBS))
    for _ in range(2):
        before = Job.objects.count()
        eventually(lambda before=before: Job.objects.count() > before + JOBS // 10)
        server.restart("immediate")
        connection.close()

    assert site.wait(size(60, 1800)) == 0
    tally.control("S4 restarts of PostgreSQL", f"{len(numbers_missing())} lost")
    assert numbers_missing()
