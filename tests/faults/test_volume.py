"""
S12: a million ended jobs, two hundred thousand ready and as many deferred ones (a twentieth of
all that in the short form): each claim goes by its index, also while old jobs are pruned, and
ticks of the scheduler do not notice.

The times are printed and published; only the plans are asserted in the short form.
"""

import threading
from datetime import timedelta
from time import monotonic

import pytest
from django.db import connection, connections

from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core import job_backends
from tasks_core.models import Job
from tasks_core.states import JobState
from tasks_core.testing import FrozenClock
from tests.faults.kit.mass import SEEDS, analyze, multiply
from tests.faults.kit.tally import size
from tests.tasks_core.rows import HOUR, NOON, make_process
from tests.tasks_core.test_indexes import plans, reads_on

ENDED, WAITING, SORTED = *size((50_000, 10_000), (1_000_000, 200_000)), 10_000
CLAIMS, TICKS = size((60, 5), (400, 40))
LIMIT = 10  # jobs in one claim
PRUNED = 0.1  # of what has ended
QUEUES = ("default", "mail", "reports", "slow")
CLAIM_P95 = {"postgresql": 0.010, "sqlite": 0.025}  # seconds, asserted in the long form
TICK_P95 = 0.1
BLOCKED = 1.0  # seconds that no claim may take beside a prune
PULSE = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *", "overlap": "allow"}
PULSES = 20  # schedules that are due at each tick

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def many_rows():
    multiply(WAITING, JobState.READY, queue=queue, run_after=moment, priority=lambda n: n % 3)
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


def prune_oldest(found):
    """Remove the oldest of what has ended, batch by batch."""
    oldest = job_backends["default"].now() - NOON - timedelta(seconds=SEEDS * PRUNED)
    for batch in job_backends["default"].prune(JobState.SUCCESSFUL, older_than=oldest):
        found.append(batch)
    connections.close_all()


def ticks():
    """Let schedules be due hour by hour, and return how many seconds each tick took."""
    times = []
    with only_declared({str(n): PULSE for n in range(PULSES)}), FrozenClock(NOON) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        for _ in range(TICKS):
            clock.advance(hours=1)
            began = monotonic()
            scheduler.tick()
            times.append(monotonic() - began)
    made = Job.objects.filter(context__has_key="scheduled_for").count()
    assert made == PULSES * TICKS
    return sorted(times)


def p95(times):
    return times[int(len(times) * 0.95)]


def questions_of(work):
    """Return how the database finds the jobs that ``work`` asks for."""
    return plans(work, start=("SELECT", "WITH"), part="ORDER BY")


def by_index(plan):
    indexes = ("job_claim_of_queue", "job_claim_of_all")
    return any(reads_on(index, plan) for index in indexes) and "filesort" not in plan


def assert_by_index(told):
    assert told
    assert [plan for plan in told if not by_index(plan)] == []


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
    beside = claims_beside(lambda: prune_oldest(batches))
    ticked = ticks()

    tally.row(
        "S12 many rows",
        f"{ENDED + 2 * WAITING} rows, claims of {LIMIT}: p95 {p95(alone) * 1000:.1f} ms; beside "
        f"{sum(batches)} rows pruned p95 {p95(beside) * 1000:.1f}, worst {beside[-1] * 1000:.0f} ms; "
        f"tick p95 {p95(ticked) * 1000:.0f} ms",
    )
    assert_by_index(told)
    assert sum(batches) > ENDED * PRUNED / 2
    assert Job.objects.filter(state=JobState.SUCCESSFUL).count() == ENDED - sum(batches)
    if size(short=False, long=True):
        assert p95(alone) <= CLAIM_P95.get(connection.vendor, 1.0)
        assert beside[-1] <= BLOCKED
        assert p95(ticked) <= TICK_P95


def test_the_usual_question_sorts_all_that_is_ready(tally):
    multiply(SORTED, JobState.READY, queue=queue, run_after=moment, priority=lambda n: n % 3)
    oldest = Job.objects.filter(state=JobState.READY).order_by("-priority", "enqueued_at")[:LIMIT]
    [plan] = questions_of(lambda: list(oldest))

    began = monotonic()
    list(oldest.all())
    tally.control("S12 many rows", f"sorts {SORTED} rows in {(monotonic() - began) * 1000:.0f} ms")
    with pytest.raises(AssertionError):
        assert_by_index([plan])
