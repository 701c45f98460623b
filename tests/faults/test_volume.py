"""
S12: a million ended jobs, two hundred thousand ready and as many deferred ones (a twentieth of
all that in the short form): each claim goes by its index, also while old jobs are pruned.

The times are printed and published; only the plans are asserted in the short form.
"""

import threading
from datetime import timedelta
from time import monotonic

import pytest
from django.db import connection, connections

from tasks_core import job_backends
from tasks_core.models import Job
from tasks_core.states import JobState
from tests.faults.kit.mass import analyze, multiply
from tests.faults.kit.tally import size
from tests.tasks_core.rows import HOUR, NOON, make_process
from tests.tasks_core.test_indexes import plans, reads_on

ENDED, WAITING = size((50_000, 10_000), (1_000_000, 200_000))
CLAIMS = size(60, 1000)
LIMIT = 10  # jobs in one claim
QUEUES = ("default", "mail", "reports", "slow")
CLAIM_P95 = {"postgresql": 0.010, "sqlite": 0.025}  # seconds, asserted in the long form
BLOCKED = 1.0  # seconds that no claim may take beside a prune

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ready_rows():
    multiply(WAITING, JobState.READY, queue=queue, run_after=moment, priority=lambda n: n % 3)


@pytest.fixture
def many_rows(ready_rows):
    multiply(ENDED, JobState.SUCCESSFUL, queue=queue, run_after=moment, finished_at=moment)
    later = {"run_after": lambda number: NOON + 100_000 * HOUR + number * HOUR}
    multiply(WAITING, JobState.SCHEDULED, queue=queue, **later)
    analyze()


def moment(number):
    return NOON + timedelta(seconds=number)


def queue(number):
    return QUEUES[number % 7 % 4]


def claim(owner, **options):
    """Claim some jobs, and return how many seconds that took."""
    began = monotonic()
    assert len(job_backends["default"].claim(owner=owner, limit=LIMIT, **options)) == LIMIT
    return monotonic() - began


def claims_beside(work):
    """Claim again and again, from all queues and from one, while ``work`` goes on elsewhere."""
    owner = make_process(lease=HOUR).pk
    other = threading.Thread(target=work)
    other.start()
    times = [
        claim(owner, **({} if number % 2 else {"queues": [QUEUES[number % 4]]}))
        for number in range(CLAIMS)
    ]
    other.join()
    return sorted(times)


def prune_half(found):
    """Remove the older half of what has ended, batch by batch."""
    half = job_backends["default"].now() - NOON - timedelta(seconds=500)
    for batch in job_backends["default"].prune(JobState.SUCCESSFUL, older_than=half):
        found.append(batch)
    connections.close_all()


def p95(times):
    return times[int(len(times) * 0.95)]


def questions_of(work):
    """Return how the database finds the jobs that ``work`` asks for."""
    return plans(work, start=("SELECT", "WITH"), part="ORDER BY")


def by_index(plan):
    indexes = ("job_claim_of_queue", "job_claim_of_all")
    return any(reads_on(index, plan) for index in indexes) and "filesort" not in plan


@pytest.mark.usefixtures("many_rows")
def test_a_claim_goes_by_its_index_also_beside_a_prune(tally):
    owner = make_process(lease=HOUR).pk
    told = [
        plan
        for queues in (None, ["mail"])
        for plan in questions_of(lambda queues=queues: claim(owner, queues=queues))
    ]
    alone = claims_beside(lambda: None)
    batches = []
    beside = claims_beside(lambda: prune_half(batches))

    tally.row(
        "S12 many rows",
        f"{ENDED + 2 * WAITING} rows, claims of {LIMIT}: p95 {p95(alone) * 1000:.1f} ms; beside "
        f"{sum(batches)} rows pruned p95 {p95(beside) * 1000:.1f}, worst {beside[-1] * 1000:.0f} ms",
    )
    assert told
    assert [plan for plan in told if not by_index(plan)] == []
    assert sum(batches) > ENDED // 3
    assert Job.objects.filter(state=JobState.SUCCESSFUL).count() == ENDED - sum(batches)
    if size(short=False, long=True):
        assert p95(alone) <= CLAIM_P95.get(connection.vendor, 1.0)
        assert beside[-1] <= BLOCKED


@pytest.mark.usefixtures("ready_rows")
def test_the_usual_question_sorts_all_that_is_ready(tally):
    oldest = Job.objects.filter(state=JobState.READY).order_by("-priority", "enqueued_at")[:LIMIT]
    [plan] = questions_of(lambda: list(oldest))

    began = monotonic()
    list(oldest.all())
    tally.control("S12 many rows", f"sorts {WAITING} rows in {(monotonic() - began) * 1000:.0f} ms")
    assert not by_index(plan)
