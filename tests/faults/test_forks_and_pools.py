"""
S21: jobs are enqueued from coroutines, threads and forked children, and run by threads and an
event loop, all through Django's pool of psycopg connections: no connection ever fails.
"""

from subprocess import TimeoutExpired

import pytest
from django.db import connection

from tasks_core.models import Job
from tests.faults.kit.books import assert_balanced, audit
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.load import APPS, all_ended
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

EACH = size(120, 1_200)  # jobs from coroutines, from threads, from forks
CONTROL = 80
POOL = {"min_size": 1, "max_size": 8, "timeout": 10}
WORDS = ("OperationalError", "InterfaceError", "PoolTimeout", "Traceback", "bad file descriptor")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pooled():
    """Return the settings of processes that use a pool where there is one."""
    ours = connection.settings_dict
    keys = ("ENGINE", "NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")
    default = {key: str(ours[key]) if key == "NAME" else ours[key] for key in keys}
    if connection.vendor == "postgresql":
        default["OPTIONS"] = {**default["OPTIONS"], "pool": POOL}
    return {
        "DATABASES": {"default": default},
        "INSTALLED_APPS": APPS,
        "JOBS": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
        "TASKS_CORE": {"POLL": 0.2, "CONCURRENCY": 6},
    }


def complaints(children):
    return [word for child in children for word in WORDS if word in child.output]


def assert_no_complaint(statuses, children):
    assert complaints(children) == []
    assert set(statuses) == {0}


def test_no_connection_fails(manage_process, pooled, tally):
    workers = Havoc(lambda: manage_process("run_worker", settings=pooled), number=2)
    workers.serve()
    site = manage_process("enqueue_from_everywhere", str(EACH), settings=pooled)

    status = site.wait(size(120, 300))
    eventually(all_ended, seconds=size(120, 300))
    statuses, children = [status, *workers.end()], [site, *workers.processes]
    books, asked = audit(3 * EACH + 1), 3 * EACH + 1

    tally.row(
        "S21 forks, threads, pools",
        f"{asked} jobs",
        lost=len(books.lost),
        surplus=len(complaints(children)),
    )
    assert_no_complaint(statuses, children)
    assert_balanced(books)


def test_threads_and_forks_that_share_a_connection_fail(manage_process, pooled, tally):
    pooled["DATABASES"]["default"]["OPTIONS"].pop("pool", None)
    site = manage_process("enqueue_from_everywhere", str(CONTROL), "--share", settings=pooled)
    try:
        status = site.wait(20)
    except TimeoutExpired:  # they wait for each other's answers
        status = "endless"

    lost = 3 * CONTROL + 1 - Job.objects.count()
    tally.control("S21 forks, threads, pools", f"{lost} lost of {3 * CONTROL}, exit {status}")
    with pytest.raises(AssertionError):
        assert_no_complaint([status], [site])
