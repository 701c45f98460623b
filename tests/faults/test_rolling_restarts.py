"""
S17: workers are replaced under load, one after the other: no job that is shorter than the grace
runs twice, and a longer one is resumed within a lease.
"""

import pytest

from tasks_core import background
from tasks_core.models import Job, Process
from tests.app.models import Effect
from tests.faults.kit.books import assert_balanced, audit
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.load import all_ended, ask
from tests.faults.kit.tally import EVERY, size
from tests.faults.tasks import work
from tests.tasks_core.races import eventually

RESTARTS, BATCH = size((3, 90), (12, 1200))
CONTROL_RESTARTS = 2
SECONDS = (0.005, 0.1)
LEASE = size(6, 2)
LONG = 30  # seconds that a job takes that is longer than the grace

pytestmark = [
    pytest.mark.vendor(*size(("postgresql",), EVERY)),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def roll(worker_of):
    """Replace two workers in turn as long as it takes; return what was asked and the statuses."""

    def run(act, times):
        workers = Havoc(worker_of(LEASE=LEASE), number=2)
        workers.serve()
        asked, statuses = ask(BATCH, seconds=SECONDS), []
        for number in range(times):
            busy = Effect.objects.filter(name="began")
            before = busy.count()
            eventually(lambda busy=busy, before=before: busy.count() > before + 8)
            statuses.append(act(workers, number % 2))
            asked += ask(BATCH // times, seconds=SECONDS)
        eventually(all_ended, seconds=size(120, 300))
        return asked, statuses + workers.end()

    return run


def test_short_jobs_never_run_twice(roll, tally):
    asked, statuses = roll(Havoc.replace, RESTARTS)

    books = audit(asked, lease=LEASE)
    tally.row(
        "S17 rolling restarts",
        f"{asked} jobs, {RESTARTS} restarts by TERM",
        lost=len(books.lost),
        repeated=books.repeated,
    )
    assert set(statuses) == {0}
    assert_balanced(books)
    assert not Job.objects.filter(attempts__gt=1).exists()


def test_killed_workers_leave_jobs_that_run_twice(roll, tally):
    asked, _ = roll(Havoc.kill, CONTROL_RESTARTS)

    books = audit(asked, lease=LEASE)
    tally.control(
        "S17 rolling restarts", f"{books.repeated} repeated after {CONTROL_RESTARTS} kills"
    )
    with pytest.raises(AssertionError, match="repeated"):
        assert_balanced(books)
    assert books.repeated


def test_a_job_longer_than_the_grace_is_resumed_within_a_lease(worker_of):
    start = worker_of(LEASE=LEASE, GRACE=0.5)
    old = start()
    eventually(Process.objects.exists)
    background.enqueue(work, [], {"at_first": LONG})
    eventually(Effect.objects.filter(name="began").exists)
    start()
    eventually(lambda: Process.objects.count() == 2)

    assert old.stop() == 1
    left_at = Process.objects.earliest("started_at").lease_expires_at
    eventually(all_ended)

    again = Effect.objects.filter(name="began").latest("at")
    assert again.payload["attempt"] == 2
    assert (again.at - left_at).total_seconds() <= LEASE
    assert_balanced(audit(1, lease=LEASE), repeats=1)
