"""One command keeps several processes alive, whatever becomes of them."""

import os
import signal
from pathlib import Path
from threading import Event

import pytest

from tasks_core import Call, JobState, background, clock
from tasks_core.models import Job, Process
from tests.app.models import Effect
from tests.app.stubborn import hold_the_interpreter, keep_memory, leave_at_once, rest_in_c
from tests.app.tasks import leave_attempt, leave_effect, leave_effect_and_rest
from tests.tasks_core.races import eventually

pytestmark = pytest.mark.django_db(transaction=True)

NO_WAITING = {"LEASE": 60, "BACKOFF": 0}


def states():
    return sorted(Job.objects.values_list("state", flat=True))


def all_succeeded():
    return set(states()) == {JobState.SUCCESSFUL}


def has_begun(name):
    return Effect.objects.filter(name=name).exists()


def serving(worker, count):
    """Wait for so many processes that take jobs, and return their numbers."""
    eventually(lambda: alive() >= count, seconds=30)
    return worker.workers()


def alive():
    return Process.objects.filter(stopped_at=None).count()


def is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True


def is_left_alone(file):
    """Say whether nobody touches it for longer than two looks of the supervisor."""
    os.utime(file, (0, 0))
    Event().wait(2.5)
    return file.stat().st_mtime == 0


def memory_of(pid):
    """Return the MiB that only this process costs, and its part of what it shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


# Deaths.


def test_a_process_that_dies_is_replaced_and_its_job_does_not_wait_for_a_lease(run_worker):
    worker = run_worker(**NO_WAITING)
    serving(worker, 1)

    background.enqueue(leave_at_once, ["first"], max_attempts=2)

    eventually(lambda: states() == [JobState.FAILED])
    assert (Job.objects.get().reason, Job.objects.get().attempts) == ("lost", 2)
    assert Effect.objects.count() == 2
    background.enqueue(leave_effect, ["tea"])
    eventually(lambda: has_begun("tea"))
    assert worker.stop() == 0


def test_a_sibling_takes_over_the_jobs_of_the_dead_at_once(run_worker):
    worker = run_worker("--processes", "2", "--concurrency", "1", **NO_WAITING)
    serving(worker, 2)
    background.enqueue(leave_attempt, [], {"at_first": 600})
    eventually(lambda: has_begun("attempt"))
    victim = Job.objects.get().claimed_by.pid

    os.kill(victim, signal.SIGKILL)

    # Python and Django take longer to start than this may take.
    eventually(lambda: Effect.objects.count() == 2, seconds=2)
    eventually(all_succeeded)
    assert Job.objects.get().attempts == 2
    assert serving(worker, 2) != [victim]
    assert f"worker process {victim} was ended by SIGKILL while it ran 1 jobs" in worker.output
    assert worker.stop() == 0


def test_who_holds_the_interpreter_is_killed_before_its_lease_ends(run_worker):
    background.enqueue(hold_the_interpreter, ["stuck"], max_attempts=1)

    worker = run_worker(LEASE=6)

    worker.wait_for("was killed: silent for")
    assert Process.objects.filter(lease_expires_at__gte=clock.DatabaseNow()).exists()
    assert "in hold_the_interpreter" in worker.output  # it has shown what it was doing
    eventually(lambda: states() == [JobState.FAILED])
    assert Job.objects.get().reason == "lost"
    assert worker.stop() == 0


def test_who_cannot_even_be_told_that_its_time_is_up_is_killed(run_worker):
    background.enqueue(hold_the_interpreter, ["stuck"], max_attempts=1, timeout=0.5)

    worker = run_worker(LEASE=60, TELL_GRACE=0.5)

    worker.wait_for("over its timeout and cannot be told")
    eventually(lambda: states() == [JobState.FAILED])
    assert Job.objects.get().reason == "timeout"
    assert worker.stop() == 0


def test_without_their_supervisor_processes_end_when_their_jobs_have(run_worker):
    background.enqueue(leave_effect_and_rest, ["long", 2.0])
    worker = run_worker(**NO_WAITING)
    eventually(lambda: has_begun("long"))
    [child] = worker.workers()

    os.kill(worker.pid, signal.SIGKILL)

    eventually(lambda: is_gone(child))
    assert states() == [JobState.SUCCESSFUL]
    assert "the supervisor of this worker is gone" in worker.output


# Planned ends.


def test_after_so_many_jobs_a_process_is_replaced(run_worker):
    background.enqueue_many([Call(leave_effect, [f"cup {number}"]) for number in range(5)])

    worker = run_worker("--max-jobs", "2", **NO_WAITING)

    eventually(all_succeeded, seconds=40)
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}
    assert Process.objects.count() >= 3
    assert "while it ran" not in worker.output
    assert worker.stop() == 0


def test_a_process_that_keeps_memory_is_replaced_and_loses_no_job(run_worker):
    background.enqueue_many([Call(keep_memory, [30]) for _ in range(8)])

    worker = run_worker("--max-memory", "150", "--concurrency", "1", **NO_WAITING)

    worker.wait_for("MiB of memory and leaves: 150 are allowed")
    eventually(all_succeeded, seconds=40)
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}
    assert "was killed" not in worker.output
    assert worker.stop() == 0


def test_who_takes_memory_too_fast_is_killed(run_worker):
    background.enqueue(keep_memory, [400], {"seconds": 600}, max_attempts=1)

    worker = run_worker("--max-memory", "200", **NO_WAITING)

    worker.wait_for("MiB of memory, where 200 were allowed")
    eventually(lambda: states() == [JobState.FAILED])
    assert worker.stop() == 0


# Signals.


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_is_one_request(run_worker, number):
    """As a terminal's Ctrl-C, and as systemd does it."""
    background.enqueue(leave_effect_and_rest, ["long", 2.0])
    worker = run_worker("--processes", "2", **NO_WAITING)
    eventually(lambda: has_begun("long"))

    worker.send_to_all(number)

    assert worker.wait(30) == 0
    assert states() == [JobState.SUCCESSFUL]
    assert alive() == 0


def test_hup_replaces_one_process_after_the_other(run_worker):
    worker = run_worker("--processes", "2", **NO_WAITING)
    before = serving(worker, 2)
    background.enqueue(leave_effect_and_rest, ["long", 1.0])
    eventually(lambda: has_begun("long"))

    worker.send_signal(signal.SIGHUP)
    worker.wait_for("reload is over", timeout=60)

    assert set(worker.workers()).isdisjoint(before)
    assert len(serving(worker, 2)) == 2
    assert all_succeeded()
    assert Job.objects.get().attempts == 1
    assert worker.stop() == 0


@pytest.mark.vendor("sqlite")
def test_code_that_cannot_be_loaded_replaces_nothing(run_worker, settings, tmp_path):
    package = tmp_path / "fragile"
    package.mkdir()
    (package / "__init__.py").touch()
    worker = run_worker(
        settings={"INSTALLED_APPS": [*settings.INSTALLED_APPS, "fragile"]},
        environment={"PYTHONPATH": str(tmp_path)},
    )
    before = serving(worker, 1)
    (package / "__init__.py").write_text("raise ImportError('half a deploy')")

    worker.send_signal(signal.SIGHUP)
    worker.wait_for("reload given up", timeout=60)

    background.enqueue(leave_effect, ["tea"])
    eventually(lambda: has_begun("tea"))
    assert worker.workers() == before
    assert worker.stop() == 0


def test_usr1_shows_what_runs_and_where(run_worker):
    result = background.enqueue(rest_in_c, ["begun"], timeout=500)
    worker = run_worker(GRACE=0)
    eventually(lambda: has_begun("begun"))

    worker.send_signal(signal.SIGUSR1)

    worker.wait_for(f"job {result.id} (fence 1) runs for")
    worker.wait_for("its timeout is in")
    worker.wait_for("in rest_in_c")
    assert worker.stop() == 1


# Beside its children.


def test_it_is_small_and_says_how_it_goes(run_worker, tmp_path):
    health = tmp_path / "health"
    worker = run_worker("--health-file", str(health), LEASE=20, POLL=0.2)
    [child] = serving(worker, 1)
    eventually(health.exists)
    assert memory_of(worker.pid) <= 30

    os.utime(health, (0, 0))
    eventually(lambda: health.stat().st_mtime > 0)

    os.kill(child, signal.SIGSTOP)
    eventually(lambda: is_left_alone(health))
    os.kill(child, signal.SIGCONT)

    eventually(lambda: health.stat().st_mtime > 0)
    assert worker.stop() == 0


def test_the_scheduler_runs_in_one_of_the_processes(run_worker):
    worker = run_worker("--processes", "2", "--with-scheduler", **NO_WAITING)

    serving(worker, 3)

    assert Process.objects.filter(kind="scheduler").count() == 1
    assert worker.stop() == 0
