"""
Jobs that crash, hang, leak and litter, in the middle of healthy ones.

The healthy ones all succeed, the others all come to an end that says what they are, and nothing
stays running for longer than two leases.
"""

from datetime import timedelta
from threading import Event
from time import monotonic

import pytest

from tasks_core import Call, JobState, background, clock
from tasks_core.models import Job
from tests.app.models import Effect
from tests.faults import poison
from tests.faults.conftest import ONLY_WARNINGS
from tests.faults.kit import load
from tests.faults.kit.tally import size

HEALTHY = size(120, 600)
ROUNDS = size(1, 2)
LIMIT = size(300.0, 400.0)  # seconds, on a machine that does other work as well
LEASE = 6  # seconds
ATTEMPTS = 2

FAILED, SUCCESSFUL = JobState.FAILED, JobState.SUCCESSFUL
# How each must end. What only litters has done what it was asked for.
ENDS = {
    poison.exit_at_once: (FAILED, "lost"),
    poison.read_nowhere: (FAILED, "lost"),
    poison.allocate_for_ever: (FAILED, "lost"),
    poison.recurse_for_ever: (FAILED, "error"),
    poison.recurse_in_c: (FAILED, "lost"),
    poison.match_for_ever: (FAILED, "timeout"),
    poison.hold_the_interpreter: (FAILED, "lost"),
    poison.wait_for_ever: (FAILED, "timeout"),
    poison.close_the_connection: (SUCCESSFUL, ""),
    poison.leave_a_transaction_open: (SUCCESSFUL, ""),
    poison.return_fifty_megabytes: (FAILED, "result"),
    poison.start_endless_threads: (SUCCESSFUL, ""),
}
TIMEOUTS = {poison.match_for_ever: 1.0, poison.wait_for_ever: 1.0}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def workers_of(manage_process):
    """Start two processes of a backend under one supervisor."""

    def start(backend):
        told = {
            "INSTALLED_APPS": load.APPS,
            "JOBS": {"BACKEND": backend},
            "LOGGING": ONLY_WARNINGS,
            "TASKS_CORE": {"LEASE": LEASE, "TELL_GRACE": 0.5, "GRACE": 10, "BACKOFF": 0},
        }
        return manage_process(
            "run_worker", "--processes", "2", "--max-memory", "200", settings=told
        )

    return start


def swallow(tasks, rounds=ROUNDS):
    """Store healthy jobs with poisoned ones among them."""
    asked = 0
    for _ in range(rounds):
        for each in tasks:
            asked += load.ask(HEALTHY // len(ENDS) // ROUNDS, seconds=(0.01, 0.1))
            options = {"timeout": timedelta(seconds=TIMEOUTS[each])} if each in TIMEOUTS else {}
            background.enqueue_many([Call(each, max_attempts=ATTEMPTS, **options)])
    return asked


def watch(until, *, seconds):
    """Wait, and return the tasks of the jobs that were seen running for too long."""
    late, ends_at = set(), monotonic() + seconds
    while not until() and monotonic() < ends_at:
        long_ago = clock.db_now() - timedelta(seconds=2 * LEASE)
        late |= set(
            Job.objects.filter(state=JobState.RUNNING, started_at__lt=long_ago).values_list(
                "task", flat=True
            )
        )
        Event().wait(0.1)
    return late


def poisoned():
    return Job.objects.filter(task__startswith="tests.faults.poison.")


def wrong(asked):
    """Return what is not as it must be: the one assertion, of the test and of its control."""
    healthy = Job.objects.filter(task__startswith="tests.faults.tasks.")
    expected = {f"{each.__module__}.{each.__name__}": end for each, end in ENDS.items()}
    return {
        "lost": asked - healthy.count(),
        "harmed": list(healthy.exclude(state=SUCCESSFUL).values_list("task", "state", "reason")),
        "endless": list(poisoned().exclude(finished_at__isnull=False).values_list("task")),
        "misjudged": [
            (job.task, job.state, job.reason)
            for job in poisoned().filter(finished_at__isnull=False)
            if (job.state, job.reason) != expected[job.task]
        ],
        "too often": [
            (job.task, begun)
            for job in poisoned()
            if (begun := Effect.objects.filter(name=f"poison {job.pk}").count()) > ATTEMPTS
        ],
    }


NOTHING = {"lost": 0, "harmed": [], "endless": [], "misjudged": [], "too often": []}


def test_healthy_jobs_succeed_beside_poison_and_the_poison_comes_to_an_end(workers_of, tally):
    asked = swallow(ENDS)

    began = monotonic()
    worker = workers_of(load.FENCED)
    late = watch(load.all_ended, seconds=LIMIT)

    took = monotonic() - began
    deaths = worker.output.count(" while it ran ")
    done = f"{asked} healthy and {poisoned().count()} poisoned jobs, {deaths} deaths, {took:.0f} s"
    found = wrong(asked)
    tally.row("poison", done, lost=found["lost"])
    assert found == NOTHING
    assert late == set()
    assert deaths >= 6
    assert worker.stop() == 0


def test_where_deaths_are_not_counted_poison_never_ends(workers_of, tally):
    asked = swallow([poison.exit_at_once], rounds=1)

    worker = workers_of("tests.faults.kit.forgiving.ForgivingBackend")
    watch(lambda: Effect.objects.filter(name__startswith="poison").count() > ATTEMPTS, seconds=60)

    found = wrong(asked)
    begun = Effect.objects.filter(name__startswith="poison").count()
    tally.control("poison", f"started {begun} times with {ATTEMPTS} attempts")
    with pytest.raises(AssertionError):
        assert found == NOTHING
    assert found["endless"] != []
    assert found["too often"] != []
    worker.end()
