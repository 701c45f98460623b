"""Workers in processes of their own: asked to stop, stopped, frozen, killed, cut off."""

import signal
from contextlib import suppress

import pytest
from django.db import OperationalError, connection

from tasks_core import Call, JobState, background, clock
from tasks_core.models import Job, Process
from tests.app.models import Effect
from tests.app.tasks import leave_attempt, leave_effect
from tests.tasks_core.races import eventually

pytestmark = pytest.mark.django_db(transaction=True)

LONG = {"at_first": 600}  # seconds; later attempts do not rest


def only():
    return Job.objects.get()


def attempts_begun():
    return Effect.objects.filter(name="attempt").count()


def begin(run_worker, *arguments, job=None, **tuning):
    """Return a worker that has begun a job, which rests for ten minutes unless told otherwise."""
    background.enqueue(leave_attempt, [], job or LONG)
    worker = run_worker(*arguments, **tuning)
    eventually(attempts_begun)
    return worker


# Asked to stop.


def test_a_worker_that_is_asked_to_stop_lets_its_job_end(run_worker):
    worker = begin(run_worker, job={"seconds": 1.0})

    assert worker.stop() == 0

    assert Job.objects.earliest("id").state == JobState.SUCCESSFUL
    assert Process.objects.get().stopped_at is not None


@pytest.mark.parametrize("arguments", [[], ["--once"]])
def test_asked_twice_it_ends_at_once_and_its_job_goes_back_counted(run_worker, arguments):
    worker = begin(run_worker, *arguments, GRACE=600)
    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGINT)

    assert worker.wait() == 1

    assert_given_back()
    run_worker()  # nobody waits for a lease of a minute
    eventually(lambda: only().state == JobState.SUCCESSFUL)
    assert (only().attempts, only().return_value["attempt"]) == (2, 2)


def test_when_grace_is_over_the_job_goes_back_counted(run_worker):
    worker = begin(run_worker, GRACE=0.5)

    assert worker.stop() == 1

    assert_given_back()
    assert "was ended by" not in worker.output
    run_worker()
    eventually(lambda: only().state == JobState.SUCCESSFUL)
    assert (only().attempts, attempts_begun()) == (2, 2)


def assert_given_back():
    """It counts, is no suspect, and says where it was."""
    job = only()
    assert (job.state, job.attempts, job.suspect) == (JobState.SCHEDULED, 1, False)
    [error] = job.errors
    assert error["message"] == "the worker ended while the job ran"
    assert "in leave_attempt" in error["traceback"]


def test_a_job_with_one_attempt_is_lost_with_the_grace(run_worker):
    background.enqueue(leave_attempt, [], LONG, max_attempts=1)
    worker = run_worker(GRACE=0)
    eventually(attempts_begun)

    assert worker.stop() == 1

    assert (only().state, only().reason, attempts_begun()) == (JobState.FAILED, "lost", 1)


# Killed.


def test_a_killed_workers_job_is_rescued_a_lease_later_and_counted(run_worker):
    begin(run_worker, LEASE=1.5).kill()

    run_worker(LEASE=1.5)

    eventually(lambda: only().state == JobState.SUCCESSFUL)
    assert (only().attempts, attempts_begun()) == (2, 2)


def test_a_job_with_one_attempt_never_starts_twice(run_worker):
    background.enqueue(leave_attempt, [], LONG, max_attempts=1)
    worker = run_worker(LEASE=1.5)
    eventually(attempts_begun)
    worker.kill()

    run_worker(LEASE=1.5)

    eventually(lambda: only().state == JobState.FAILED)
    assert (only().reason, attempts_begun()) == ("lost", 1)


def test_once_takes_over_the_jobs_of_the_dead(run_worker):
    begin(run_worker, LEASE=1.5).kill()
    eventually(has_lost_every_lease)

    assert run_worker("--once", LEASE=1.5).wait() == 0

    assert (only().state, attempts_begun()) == (JobState.SUCCESSFUL, 2)


# Frozen.


def test_a_frozen_worker_cannot_settle_what_another_has_taken(run_worker):
    frozen = begin(run_worker, job={"at_first": 8.0}, LEASE=1.5)
    frozen.send_to_all(signal.SIGSTOP)
    other = run_worker(LEASE=1.5)
    eventually(lambda: only().state == JobState.SUCCESSFUL)

    frozen.send_to_all(signal.SIGCONT)

    frozen.wait_for("was taken from this process; its outcome is thrown away")
    assert (only().attempts, only().return_value["attempt"]) == (2, 2)
    assert other.stop() == 0

    # It has come back under a new id and goes on.
    background.enqueue(leave_effect, ["tea"])
    eventually(lambda: Effect.objects.filter(name="tea").exists())
    assert frozen.stop() == 0
    assert not Process.objects.filter(stopped_at=None).exists()


def test_workers_that_were_all_frozen_do_not_rob_each_other(run_worker):
    """After an outage every lease has ended, and nobody is dead."""
    workers = [begin(run_worker, job={"seconds": 9.0}, LEASE=3)]
    workers.append(run_worker(LEASE=3))
    workers[1].wait_for("started")
    eventually(lambda: Process.objects.count() == 2)
    for worker in workers:
        worker.send_to_all(signal.SIGSTOP)
    eventually(has_lost_every_lease)

    for worker in workers:
        worker.send_to_all(signal.SIGCONT)

    eventually(lambda: only().state == JobState.SUCCESSFUL)
    assert (only().attempts, attempts_begun()) == (1, 1)


def has_lost_every_lease():
    return not Process.objects.filter(lease_expires_at__gte=clock.DatabaseNow()).exists()


# Cut off from the database.

SESSIONS = {
    "postgresql": (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    ),
    "mysql": (
        "SELECT id FROM information_schema.processlist "
        "WHERE db = database() AND id <> connection_id()"
    ),
}


def cut_off_everybody_else():
    """Terminate all other sessions of the test database; return how many."""
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS[connection.vendor])
        found = cursor.fetchall()
        if connection.vendor == "mysql":
            for (number,) in found:
                with suppress(OperationalError):  # it has ended by itself
                    cursor.execute(f"KILL {number}")
    return len(found)


@pytest.mark.vendor("postgresql", "mysql")
def test_a_worker_that_is_cut_off_goes_on_and_leaves_no_job_running(run_worker):
    background.enqueue_many([Call(leave_attempt, [], {"seconds": 0.02}) for _ in range(300)])
    worker = run_worker(LEASE=10)
    eventually(attempts_begun)

    cuts = 0
    for goal in (20, 60, 100):
        eventually(lambda goal=goal: attempts_begun() >= goal)
        cuts += cut_off_everybody_else()

    eventually(lambda: not Job.objects.exclude(state=JobState.SUCCESSFUL).exists(), seconds=120)
    assert cuts >= 3
    assert worker.returncode is None
    assert worker.stop() == 0
