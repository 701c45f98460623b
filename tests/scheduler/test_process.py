"""The loop: how long it waits, what it survives, how it ends."""

import os
import signal
from threading import Barrier, Event, get_ident

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection

from scheduler import process, signals, upkeep
from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from scheduler.turn import pairs
from scheduler.turn.batches import Batch
from tasks_core.models import Job, Process
from tasks_core.testing import FrozenClock
from tests.app.models import Effect
from tests.scheduler.places import at
from tests.tasks_core.races import eventually

TEA = {"tea": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"}}
EACH_SECOND = {"tea": {"task": "tests.app.tasks.nothing", "every": 1, "overlap": "allow"}}
EFFECT = {"task": "tests.app.tasks.leave_effect", "args": ["x"]}
LEAVING = {"tea": {**EACH_SECOND["tea"], **EFFECT}}


@pytest.mark.django_db
def test_it_waits_until_the_next_due_time_but_never_long():
    with only_declared(TEA), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        assert scheduler.tick() == 5

        clock.move_to(at(8, 59, 58))
        assert scheduler.tick() == 2

        clock.move_to(at(9))
        assert scheduler.tick() == 5


@pytest.mark.django_db
def test_with_nothing_to_do_it_still_looks():
    with only_declared(), FrozenClock(at(8)):
        assert Scheduler().tick() == 5


@pytest.mark.django_db
def test_more_schedules_than_a_batch_are_done_in_one_turn(settings):
    settings.SCHEDULER = {"BATCH_SIZE": 3}
    entries = {f"tea {n}": TEA["tea"] for n in range(10)}
    with only_declared(entries), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.tick()
        clock.move_to(at(9))
        scheduler.tick()

    assert Occurrence.objects.count() == 10


@pytest.mark.vendor("postgresql", "mysql")
@pytest.mark.django_db(transaction=True)
def test_of_many_batches_two_are_done_at_a_time(settings):
    settings.SCHEDULER = {"BATCH_SIZE": 3}
    threads, both = [], Barrier(2)

    def meet(**told):
        threads.append(get_ident())
        if len(threads) > 1 and threads.count(get_ident()) == 1 + (get_ident() == threads[0]):
            both.wait(timeout=60)

    entries = {f"tea {n}": TEA["tea"] for n in range(60)}
    with only_declared(entries), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.tick()
        clock.move_to(at(9))
        signals.occurrences_recorded.connect(meet)
        try:
            done = scheduler.drain(batches=None)
        finally:
            signals.occurrences_recorded.disconnect(meet)

    assert len(set(threads)) == 2
    assert done.enqueued == Occurrence.objects.count() == Job.objects.count() == 60


@pytest.mark.vendor("postgresql", "mysql")
@pytest.mark.django_db(transaction=True)
def test_what_fails_in_the_other_thread_is_told():
    here, has_failed = get_ident(), Event()

    def work():
        if get_ident() != here:
            has_failed.set()
            raise OperationalError("not here")
        return Batch(looked_at=1)

    with pytest.raises(OperationalError, match="not here"):
        pairs.drain(work, goes_on=lambda batch: not has_failed.is_set(), most=None)


@pytest.mark.django_db
def test_it_synchronises_once():
    with FrozenClock(at(8)):
        scheduler = Scheduler()
        with only_declared(TEA):
            scheduler.tick()
        with only_declared({**TEA, "coffee": TEA["tea"]}):
            scheduler.tick()

    assert Schedule.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_it_outlives_the_database(caplog):
    def away(*args):
        raise OperationalError("the database is away")

    with only_declared(TEA), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.tick()
        clock.move_to(at(9))

        with connection.execute_wrapper(away):
            waits = [scheduler.tick_or_log() for _ in range(3)]
        scheduler.tick_or_log()

    assert waits == [1, 2, 4]
    assert "the database is away" in caplog.text
    assert Occurrence.objects.count() == 1
    assert scheduler.failures == 0


@pytest.mark.django_db(transaction=True)
def test_it_runs_registers_and_stops():
    scheduler = Scheduler()

    def stop_at_the_second(**told):
        if Occurrence.objects.count() >= 2:
            scheduler.stop()

    signals.occurrences_recorded.connect(stop_at_the_second)
    try:
        with only_declared(EACH_SECOND):
            scheduler.run(duration=60)
    finally:
        signals.occurrences_recorded.disconnect(stop_at_the_second)

    process = Process.objects.get()
    assert process.kind == "scheduler"
    assert process.stopped_at is not None
    assert Occurrence.objects.count() >= 2
    assert set(Occurrence.objects.values_list("recorded_by", flat=True)) == {process.name}


@pytest.mark.django_db(transaction=True)
def test_the_upkeep_is_done_beside_the_turns(settings):
    settings.SCHEDULER = {"PURGE_SECONDS": 0.1, "RECONCILE_SECONDS": 0.1}
    scheduler, called = Scheduler(), []
    original = upkeep.purge

    def purge():
        called.append(original())
        if len(called) == 2:
            scheduler.stop()

    with only_declared(TEA), pytest.MonkeyPatch.context() as patch:
        patch.setattr(upkeep, "purge", purge)
        scheduler.run(duration=60)

    assert called == [0, 0]


def test_it_stops_on_a_signal(manage_process):
    child = manage_process("run_scheduler", settings={"SCHEDULE": EACH_SECOND})
    child.wait_for("schedules")

    assert child.stop() == 0
    assert "Traceback" not in child.output


@pytest.mark.every_database
def test_two_processes_make_each_occurrence_once(manage_process):
    settings = {"SCHEDULE": EACH_SECOND}
    children = [manage_process("run_scheduler", settings=settings) for _ in "ab"]
    eventually(lambda: Process.objects.count() == 2)
    made = Occurrence.objects.filter(outcome="enqueued")
    before = made.count()
    eventually(lambda: made.count() >= before + 3)

    assert [child.stop() for child in children] == [0, 0]

    due = list(made.values_list("due_at", flat=True))
    assert len(due) == len(set(due)) >= 3
    assert "Traceback" not in children[0].output + children[1].output


def test_once_does_what_is_due_and_exits(manage_process):
    child = manage_process("run_scheduler", "--once", settings={"SCHEDULE": TEA})

    assert child.wait() == 0
    assert Schedule.objects.get().key == "tea"


def test_once_exits_with_one_when_a_schedule_failed(manage_process):
    manage_process("run_scheduler", "--once", settings={"SCHEDULE": TEA}).wait()
    Schedule.objects.create(
        key="broken",
        task="nowhere.tea",
        trigger="every 60s from 1970-01-01T00:00:00+00:00",
        watermark=at(8),
        floor=at(8),
        known_since=at(8),
        next_due_at=at(9),
    )

    assert manage_process("run_scheduler", "--once", settings={"SCHEDULE": TEA}).wait() == 1


def test_a_second_signal_ends_at_once(manage_process):
    child = manage_process("run_scheduler", settings={"SCHEDULE": TEA})
    child.wait_for("schedules")

    child.send_signal(signal.SIGSTOP)
    os.kill(child.pid, signal.SIGTERM)
    child.send_signal(signal.SIGCONT)
    assert child.wait() in {0, 1}


def test_a_health_file_is_touched(manage_process, tmp_path):
    path = tmp_path / "health"

    child = manage_process(
        "run_scheduler", "--duration", "5", "--health-file", str(path), settings={"SCHEDULE": TEA}
    )

    assert child.wait() == 0
    assert path.exists()


def test_a_worker_may_bring_it_along(manage_process):
    settings = {"SCHEDULE": LEAVING}

    child = manage_process("run_worker", "--with-scheduler", settings=settings)
    eventually(lambda: Effect.objects.count() >= 2)

    assert child.stop() == 0
    assert Occurrence.objects.filter(job_state="successful").count() == Effect.objects.count()


def test_a_worker_may_bring_it_along_once(manage_process):
    settings = {"SCHEDULE": {"tea": {**EFFECT, "cron": "0 9 10 3 *"}}}
    manage_process("run_scheduler", "--once", settings=settings).wait()
    Schedule.objects.update(watermark=at(8), floor=at(8), next_due_at=at(9))

    child = manage_process("run_worker", "--with-scheduler", "--once", settings=settings)

    assert child.wait() == 0
    assert Effect.objects.count() == 1


@pytest.mark.django_db
def test_once_is_until_nothing_due_remains(settings):
    settings.SCHEDULER = {"BATCH_SIZE": 1}
    number = process.BATCHES + 1
    entries = {
        f"tea {n}": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"} for n in range(number)
    }
    with only_declared(entries), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9))
        scheduler.run_once()

    assert Occurrence.objects.count() == number


@pytest.mark.django_db(transaction=True)
def test_once_forgets_what_is_older_than_the_ledger_keeps():
    with only_declared(TEA), FrozenClock(at(8)) as clock:
        call_command("run_scheduler", once=True)
        clock.move_to(at(9))
        call_command("run_scheduler", once=True)
        Schedule.objects.update(watermark=at(9, days=200), next_due_at=at(10, days=200))
        clock.move_to(at(9, days=200))
        call_command("run_scheduler", once=True)

    assert Occurrence.objects.count() == 0
