"""One command keeps several processes alive, whatever becomes of them."""

import os
import re
import signal
from pathlib import Path
from threading import Event

import pytest
from django.db import transaction

from tasks_core import Call, JobState, background, job_backends
from tasks_core.models import Job, Process
from tests.app.models import Effect
from tests.app.stubborn import (
    crash_in_c,
    hold_the_interpreter,
    keep_memory,
    kill_its_process,
    leave_at_once,
    rest_in_c,
    stop_its_process,
)
from tests.app.tasks import leave_attempt, leave_effect, leave_effect_and_rest, nothing
from tests.tasks_core.races import eventually

pytestmark = pytest.mark.django_db(transaction=True)
of_processes = pytest.mark.vendor("sqlite")  # whatever database keeps the jobs

NO_WAITING = {"LEASE": 60, "BACKOFF": 0}
LEASE = 13  # seconds: two looks of the supervisor are less than a sixth of it


def states():
    return sorted(Job.objects.values_list("state", flat=True))


def all_succeeded():
    return set(states()) == {JobState.SUCCESSFUL}


def all_ended():
    return set(states()) <= {JobState.FAILED, JobState.SUCCESSFUL}


def has_begun(name):
    return Effect.objects.filter(name=name).exists()


def serving(worker, count):
    """Wait for so many processes that take jobs, and return their numbers."""
    eventually(lambda: alive() >= count)
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


def silence_of_the_killed(worker):
    """Return after how many seconds of silence; a lease had at least two thirds left to end."""
    return max(map(float, re.findall(r"was killed: silent for ([\d.]+) s", worker.output)))


def memory_of(pid):
    """Return the MiB that only this process costs, and its part of what it shares."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


def command_of(pid):
    return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")


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
    assert worker.output.count("its place is filled at once") == 2  # no one else can take over


@pytest.mark.parametrize("death", [leave_at_once, crash_in_c, kill_its_process])
def test_a_job_with_one_attempt_never_starts_twice_however_its_process_dies(run_worker, death):
    background.enqueue(death, ["only"], max_attempts=1)
    worker = run_worker("--concurrency", "1", **NO_WAITING)
    eventually(lambda: states() == [JobState.FAILED])

    background.enqueue(leave_effect, ["tea"])
    eventually(lambda: has_begun("tea"))

    assert Job.objects.earliest("id").reason == "lost"
    assert Effect.objects.filter(name="only").count() == 1
    worker.wait_for(f"s: tests.app.stubborn.{death.__name__}")  # it says what ran
    assert worker.stop() == 0


def test_what_had_not_begun_goes_back_uncounted(run_worker):
    worker = run_worker("--concurrency", "1", **NO_WAITING)
    for _ in range(3):  # where the machine pauses, a task is not known to be short
        background.enqueue_many([Call(nothing) for _ in range(20)])
        eventually(all_ended)  # so that more of them are claimed ahead
        with transaction.atomic():
            background.enqueue(leave_at_once, ["deadly"], priority=1, max_attempts=1)
            background.enqueue_many([Call(nothing) for _ in range(50)])
        eventually(all_ended)

    harmless = Job.objects.exclude(task__endswith=".leave_at_once")
    assert set(harmless.values_list("attempts", "suspect", "state")) == {
        (1, False, JobState.SUCCESSFUL)
    }
    assert harmless.filter(fence=2).exists()  # it had been claimed by the dead
    assert worker.stop() == 0


def test_what_ran_beside_the_death_runs_alone_next_time(run_worker):
    beside = [background.enqueue(leave_attempt, [], {"at_first": 600}).id for _ in range(3)]
    worker = run_worker("--concurrency", "4", **NO_WAITING)
    eventually(lambda: Effect.objects.count() == 3)
    background.enqueue(leave_at_once, ["deadly"], max_attempts=1)
    eventually(lambda: JobState.FAILED in states())
    background.enqueue(leave_effect_and_rest, ["healthy", 0.2])

    eventually(lambda: set(states()) == {JobState.FAILED, JobState.SUCCESSFUL})

    suspects = Job.objects.filter(pk__in=beside)
    assert set(suspects.values_list("attempts", flat=True)) == {2}
    ran = sorted(Job.objects.values_list("started_at", "finished_at", "pk"))
    ran = [each for each in ran if each[2] in {job.pk for job in Job.objects.exclude(attempts=0)}]
    overlapping = [
        (first, second)
        for index, (first, ended_at, one) in enumerate(ran)
        for second, _, other in ran[index + 1 :]
        if second < ended_at and {one, other} & set(beside)
    ]
    assert overlapping == []
    assert worker.stop() == 0


def test_a_sibling_takes_over_the_jobs_of_the_dead_at_once(run_worker):
    worker = run_worker("--processes", "2", "--concurrency", "1", GRACE=0, **NO_WAITING)
    siblings = serving(worker, 2)
    background.enqueue(leave_attempt, [600])
    eventually(lambda: has_begun("attempt"))
    victim = Job.objects.get().claimed_by.pid

    os.kill(victim, signal.SIGKILL)

    eventually(lambda: Effect.objects.count() == 2)
    job = Job.objects.get()
    assert job.attempts == 2
    assert [job.claimed_by.pid] == [pid for pid in siblings if pid != victim]  # no one new
    worker.wait_for(f"worker process {victim} was ended by SIGKILL while it ran 1 job;")
    eventually(lambda: len(worker.workers()) == 2)
    assert victim not in worker.workers()
    assert worker.stop() == 1


def test_who_holds_the_interpreter_is_killed_before_its_lease_ends(run_worker):
    background.enqueue(hold_the_interpreter, ["stuck"], max_attempts=1)

    worker = run_worker(LEASE=LEASE)

    worker.wait_for("was killed: silent for")
    assert "in hold_the_interpreter" in worker.output  # it has shown what it was doing
    eventually(lambda: states() == [JobState.FAILED])
    assert silence_of_the_killed(worker) < LEASE * 2 / 3
    assert Job.objects.get().reason == "lost"
    assert worker.stop() == 0


@of_processes
def test_who_is_stopped_is_killed_and_replaced_as_well(run_worker):
    background.enqueue(stop_its_process, ["stopped"], max_attempts=1)

    worker = run_worker("--concurrency", "1", LEASE=LEASE)

    worker.wait_for("was killed: silent for")
    eventually(lambda: states() == [JobState.FAILED])
    assert silence_of_the_killed(worker) < LEASE * 2 / 3
    background.enqueue(leave_effect, ["tea"])
    eventually(lambda: has_begun("tea"))
    assert worker.stop() == 0


def test_a_cancelled_job_that_cannot_even_hear_of_it_ends_cancelled(run_worker):
    result = background.enqueue(hold_the_interpreter, ["stuck"])
    worker = run_worker(LEASE=12)
    eventually(lambda: has_begun("stuck"))

    job_backends["default"].cancel([result.id])

    eventually(lambda: states() == [JobState.CANCELLED])
    assert Job.objects.get().attempts == 1
    assert worker.stop() == 0


@of_processes
def test_who_cannot_even_be_told_that_its_time_is_up_is_killed(run_worker):
    background.enqueue(hold_the_interpreter, ["stuck"], max_attempts=1, timeout=0.5)

    worker = run_worker(LEASE=60, TELL_GRACE=0.5)

    worker.wait_for("over its timeout and cannot be told")
    eventually(lambda: states() == [JobState.FAILED])
    assert Job.objects.get().reason == "timeout"
    assert worker.stop() == 0


@of_processes
def test_without_their_supervisor_processes_end_when_their_jobs_have(run_worker):
    background.enqueue(leave_effect_and_rest, ["long", 2.0])
    worker = run_worker(**NO_WAITING)
    eventually(lambda: has_begun("long"))
    [child] = worker.workers()

    os.kill(worker.pid, signal.SIGKILL)

    eventually(lambda: is_gone(child))
    assert states() == [JobState.SUCCESSFUL]
    worker.wait_for("the supervisor of this worker is gone")


# Planned ends.


@of_processes
def test_after_so_many_jobs_a_process_is_replaced(run_worker):
    background.enqueue_many([Call(leave_effect, [f"cup {number}"]) for number in range(5)])

    worker = run_worker("--max-jobs", "2", **NO_WAITING)

    eventually(all_succeeded)
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}
    assert Process.objects.count() >= 3
    assert "while it ran" not in worker.output
    assert worker.stop() == 0


@of_processes
def test_a_process_that_keeps_memory_is_replaced_and_loses_no_job(run_worker):
    background.enqueue_many([Call(keep_memory, [30]) for _ in range(8)])

    worker = run_worker("--max-memory", "150", "--concurrency", "1", **NO_WAITING)

    worker.wait_for("MiB of memory and leaves: 150 are allowed")
    eventually(all_succeeded)
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}
    assert "was killed" not in worker.output
    assert worker.stop() == 0


@of_processes
def test_who_takes_memory_too_fast_is_killed(run_worker):
    background.enqueue(keep_memory, [400], {"seconds": 600}, max_attempts=1)

    worker = run_worker("--max-memory", "200", **NO_WAITING)

    worker.wait_for("MiB of memory, where 200 were allowed")
    eventually(lambda: states() == [JobState.FAILED])
    assert worker.stop() == 0


# Signals.


@of_processes
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_the_whole_group_is_one_request(run_worker, number):
    """As a terminal's Ctrl-C, and as systemd does it."""
    worker = run_worker("--processes", "2", **NO_WAITING)
    serving(worker, 2)  # who is told earlier, dies of it
    background.enqueue(leave_effect_and_rest, ["long", 2.0])
    eventually(lambda: has_begun("long"))

    worker.send_to_all(number)

    assert worker.wait() == 0
    assert states() == [JobState.SUCCESSFUL]
    assert alive() == 0


@of_processes
def test_an_idle_process_leaves_at_once_though_two_signals_come_together(run_worker):
    """INT from the terminal, TERM from the supervisor: any thread may get the second of them."""
    worker = run_worker(LEASE=60, POLL=60)
    [pid] = serving(worker, 1)
    Event().wait(1.0)  # until it sleeps

    os.kill(pid, signal.SIGINT)
    os.kill(pid, signal.SIGTERM)

    eventually(lambda: is_gone(pid), seconds=8)


@of_processes
def test_hup_replaces_one_process_after_the_other(run_worker):
    worker = run_worker("--processes", "2", **NO_WAITING)
    before = serving(worker, 2)
    background.enqueue(leave_effect_and_rest, ["long", 1.0])
    eventually(lambda: has_begun("long"))

    worker.send_signal(signal.SIGHUP)
    worker.wait_for("reload is over")

    assert set(worker.workers()).isdisjoint(before)
    assert len(serving(worker, 2)) == 2
    assert all_succeeded()
    assert Job.objects.get().attempts == 1
    assert worker.stop() == 0


@of_processes
@pytest.mark.vendor("sqlite")
def test_a_second_hup_waits_for_the_first_and_replaces_once_more(run_worker):
    worker = run_worker(**NO_WAITING)
    before = serving(worker, 1)
    worker.send_signal(signal.SIGHUP)
    between = eventually(lambda: [pid for pid in worker.workers() if pid not in before])

    worker.send_signal(signal.SIGHUP)
    eventually(lambda: worker.output.count("reload is over") == 2)

    [after] = worker.workers()
    assert after not in before + between
    assert worker.stop() == 0


@of_processes
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
    worker.wait_for("reload given up")

    background.enqueue(leave_effect, ["tea"])
    eventually(lambda: has_begun("tea"))
    assert worker.workers() == before
    assert worker.stop() == 0


@of_processes
def test_usr1_shows_what_runs_and_where(run_worker):
    result = background.enqueue(rest_in_c, ["begun"], timeout=500)
    worker = run_worker(GRACE=0)
    eventually(lambda: has_begun("begun"))

    worker.send_signal(signal.SIGUSR1)

    worker.wait_for(f"job {result.id} has run for")
    worker.wait_for("s: tests.app.stubborn.rest_in_c")
    worker.wait_for("its timeout is in")
    worker.wait_for("in rest_in_c")
    assert worker.stop() == 1


# Beside its children.


@of_processes
def test_it_is_small_and_says_how_it_goes(run_worker, tmp_path):
    health = tmp_path / "health"
    worker = run_worker("--health-file", str(health), LEASE=60, POLL=0.2)
    [child] = serving(worker, 1)
    eventually(health.exists)
    assert memory_of(worker.pid) <= 20
    assert memory_of(child) <= 75
    assert "-I -S" in command_of(worker.pid)  # a new interpreter, and no Django
    assert "django run_worker" in command_of(child)

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
