"""The worker in this process: claims what it can run, settles what has run, and ends orderly."""

import asyncio
import threading
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import DatabaseError, connection, connections, transaction
from django.dispatch import receiver
from django.test.utils import CaptureQueriesContext

from tasks_core import JobState, background, clock, ids, job_backends, task
from tasks_core.attempts import Attempt
from tasks_core.models import Job, Process
from tasks_core.processes.worker import Worker
from tasks_core.signals import jobs_left, ownership_lost
from tests.app.models import Effect
from tests.app.tasks import (
    explode_once,
    leave_effect,
    leave_effect_in_transaction,
    leave_followers,
    leave_the_process,
    nothing,
)
from tests.tasks_core.races import eventually
from tests.tasks_core.rows import DEAD, end_lease, fresh, make_jobs, make_process

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = timedelta(seconds=60)
opened = threading.Event()
meeting = threading.Barrier(3)


@pytest.fixture
def worker(settings):
    settings.TASKS_CORE = {"LEASE": LEASE, "POLL": timedelta(seconds=0.1)}
    worker = Worker(job_backends["default"], concurrency=3)
    worker.heartbeat.start()
    yield worker
    opened.set()
    worker._finish()
    opened.clear()


def wait_until_opened():
    assert opened.wait(60)


def meet():
    meeting.wait(60)


async def meet_later():
    await asyncio.to_thread(meeting.wait, 60)


@task(max_attempts=1)
async def cancel_itself():
    asyncio.current_task().cancel()
    await asyncio.sleep(0)


@task(max_attempts=1)
async def let_a_child_exit():
    async def leave():
        raise SystemExit(1)

    await asyncio.create_task(leave())


@task(max_attempts=1)
async def rest_a_moment():
    await asyncio.sleep(0)


class UnreadableError(Exception):
    def __str__(self):
        raise SystemExit


@task(max_attempts=1)
def raise_unreadable():
    raise UnreadableError


@task(max_attempts=1)
async def leave_later():
    raise KeyboardInterrupt


def leave_transaction_open():
    transaction.atomic().__enter__()
    Effect.objects.create(name="half")


def is_in_transaction():
    return connection.in_atomic_block


def run(worker):
    """Tick until everything that was claimed has been settled."""
    worker.tick()
    eventually(lambda: worker.tick() is not None and worker.is_idle)


def states():
    return list(Job.objects.order_by("id").values_list("state", flat=True))


def test_a_tick_runs_what_is_ready(worker):
    background.enqueue(leave_effect, ["tea"])

    run(worker)

    assert Effect.objects.get().name == "tea"
    job = Job.objects.get()
    assert (job.state, job.return_value, job.attempts) == (JobState.SUCCESSFUL, "tea", 1)


def test_a_job_is_marked_as_started_before_its_code_runs(worker):
    background.enqueue(wait_until_opened)

    worker.tick()

    assert Job.objects.get().started_at is not None


def test_no_more_is_claimed_than_there_are_slots(worker):
    make_jobs(5, task=f"{__name__}.wait_until_opened")

    worker.tick()
    worker.tick()

    assert Job.objects.filter(state=JobState.RUNNING).count() == 3
    opened.set()
    run(worker)
    assert set(states()) == {JobState.SUCCESSFUL}


def test_slots_run_at_the_same_time(worker):
    for function in (meet, meet, meet_later):
        background.enqueue(function)

    run(worker)

    assert set(states()) == {JobState.SUCCESSFUL}


@pytest.mark.parametrize("function", [explode_once, leave_later])
def test_a_job_that_raises_harms_nobody(worker, function):
    background.enqueue(function, priority=1)
    background.enqueue(leave_effect, ["tea"])

    run(worker)

    assert sorted(states()) == [JobState.FAILED, JobState.SUCCESSFUL]
    assert worker.settlement.errored == 1


@pytest.mark.parametrize("how", ["exit", "interrupt"])
def test_a_job_that_leaves_the_process_does_not(worker, how):
    background.enqueue(leave_the_process, [how], priority=1)
    background.enqueue(leave_effect, ["tea"])

    run(worker)

    assert sorted(states()) == [JobState.FAILED, JobState.SUCCESSFUL]


def test_a_job_that_leaves_a_transaction_open_harms_no_later_one(worker):
    worker.slots.size = 1  # the same thread for both
    background.enqueue(leave_transaction_open)
    run(worker)
    result = background.enqueue(is_in_transaction)

    run(worker)

    result.refresh()
    assert result.return_value is False
    assert not Effect.objects.exists()


def test_transactions_of_coroutine_jobs_do_not_mix(worker):
    background.enqueue(leave_effect_in_transaction, ["kept"], {"fail": False})
    background.enqueue(
        leave_effect_in_transaction, ["undone"], {"fail": True, "seconds": 0.1}, max_attempts=1
    )

    run(worker)

    assert list(Effect.objects.values_list("name", flat=True)) == ["kept"]
    assert sorted(states()) == [JobState.FAILED, JobState.SUCCESSFUL]


def test_a_coroutine_job_leaves_no_connection_behind(worker):
    before = connections_of_others()
    for number in range(10):
        background.enqueue(
            leave_effect_in_transaction, [str(number)], {"fail": False, "seconds": 0}
        )

    run(worker)

    assert Effect.objects.count() == 10
    assert eventually(lambda: connections_of_others() <= before + 1)


def connections_of_others():
    """Return how many connections to this database there are beside ours, where one can ask."""
    queries = {
        "postgresql": "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND backend_type = 'client backend'",
        "mysql": "SELECT count(*) FROM information_schema.processlist WHERE db = database()",
    }
    if connection.vendor not in queries:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(queries[connection.vendor])
        return cursor.fetchone()[0] - 1


def test_what_follows_from_a_job_runs_too(worker):
    background.enqueue(leave_followers, ["tea", 2])

    assert worker.drain() == 0

    assert Effect.objects.count() == 3


def test_drain_counts_the_attempts_that_raised(worker):
    background.enqueue(explode_once)
    background.enqueue(nothing)

    assert worker.drain() == 1


def test_at_most_so_many_jobs_are_run():
    make_jobs(5)
    worker = Worker(job_backends["default"], concurrency=3, max_jobs=4)

    worker.run(duration=20)

    assert Job.objects.filter(state=JobState.READY).count() == 1


def test_an_orderly_end_is_noted(worker):
    background.enqueue(nothing)
    run(worker)

    worker._finish()

    [process] = Process.objects.all()
    assert process.stopped_at is not None
    assert process.kind == "worker"


def test_the_wait_ends_when_the_next_deferred_job_is_due(worker, settings):
    settings.TASKS_CORE = {"POLL": timedelta(seconds=30)}
    worker.tick()
    worker.lookout.hurry()
    background.defer(nothing, when=timedelta(seconds=15))

    wait = worker.tick()

    assert 5 < wait <= 15


def test_an_idle_worker_asks_little():
    worker = Worker(job_backends["default"], concurrency=1)
    worker.heartbeat.start()
    worker.tick()

    with CaptureQueriesContext(connection) as queries:
        worker.tick()
    worker._finish()

    asked = [each["sql"] for each in queries if each["sql"] not in {"BEGIN", "COMMIT"}]
    changing = [sql for sql in asked if sql.startswith(("UPDATE", "INSERT"))]
    assert (changing, len(asked) <= 4) == ([], True), asked


def test_a_failed_tick_is_reported_and_what_it_may_have_claimed_is_sought(worker):
    """The database committed a claim, but the answer was lost."""
    make_jobs(2)
    lost = job_backends["default"].claim(owner=worker.heartbeat.owner, limit=1)

    with connection.execute_wrapper(broken([True])):
        assert worker.tick_or_log() == 1
    assert fresh(lost[0]).state == JobState.RUNNING

    run(worker)

    assert set(states()) == {JobState.SUCCESSFUL}
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}


def broken(failing):
    def execute_or_fail(execute, sql, params, many, context):
        if failing:
            failing.pop()
            raise DatabaseError("the connection is lost")
        return execute(sql, params, many, context)

    return execute_or_fail


def test_an_outcome_waits_for_the_database_to_come_back(worker):
    background.enqueue(nothing)
    worker.tick()
    eventually(lambda: worker.slots._finished)

    with connection.execute_wrapper(broken([True] * 50)):
        worker.tick_or_log()
    assert Job.objects.get().state == JobState.RUNNING

    run(worker)
    assert Job.objects.get().state == JobState.SUCCESSFUL


def test_a_job_that_was_taken_away_is_not_settled(worker):
    told = []

    def listen(attempt, **kwargs):
        told.append(attempt.job_id)

    ownership_lost.connect(listen)
    background.enqueue(wait_until_opened)
    worker.tick()
    Process.objects.update(lease_expires_at=clock.db_now() + DEAD)
    job_backends["default"].rescue()
    other = make_process()
    [again] = job_backends["default"].claim(owner=other.pk, limit=1, alone=True)

    opened.set()
    eventually(lambda: worker.tick() is not None and told)

    assert told == [again.job_id]
    assert (fresh(again).state, fresh(again).claimed_by) == (JobState.RUNNING, other)


def test_a_worker_that_was_taken_for_dead_comes_back_under_a_new_name(worker):
    before = worker.heartbeat.owner
    Process.objects.update(lease_expires_at=clock.db_now() + DEAD)
    job_backends["default"].rescue()

    worker.heartbeat.beat()

    assert worker.heartbeat.owner != before
    assert Process.objects.get(pk=worker.heartbeat.owner).stopped_at is None


def test_a_worker_that_was_frozen_renews_before_it_claims_or_rescues(worker):
    make_jobs(1)
    make_process(lease=DEAD)
    worker.heartbeat._contact_since -= 100
    worker.heartbeat._fresh_until -= LEASE.total_seconds()

    worker.tick()

    assert states() == [JobState.READY]
    assert worker.maintenance.rescue() == 0
    assert worker.heartbeat.contact() == timedelta(0)

    worker.heartbeat.beat()
    run(worker)
    assert states() == [JobState.SUCCESSFUL]


def test_who_rescues_has_had_a_lease_of_unbroken_contact(worker):
    dead = make_process()
    make_jobs(1)
    job_backends["default"].claim(owner=dead.pk, limit=1)
    end_lease(dead.pk)

    assert worker.maintenance.rescue() == 0

    worker.heartbeat._contact_since -= LEASE.total_seconds()
    assert worker.maintenance.rescue() == 1


def test_a_jump_of_the_databases_clock_ends_no_job(worker):
    background.enqueue(wait_until_opened, max_attempts=1)
    worker.tick()
    worker.heartbeat._contact_since -= 100
    end_lease(worker.heartbeat.owner)

    assert worker.maintenance.rescue() == 0
    worker.heartbeat.beat()
    assert worker.heartbeat.contact() < LEASE

    opened.set()
    run(worker)
    assert states() == [JobState.SUCCESSFUL]


def test_a_module_that_ends_the_process_fails_its_job_and_no_other(worker, settings):
    settings.TASKS_CORE = settings.TASKS_CORE | {"UNKNOWN_TASK_GRACE": 0}
    make_jobs(1, task="tests.app.leaves_on_import.anything", max_attempts=1)
    background.enqueue(leave_effect, ["well"])

    run(worker)

    assert sorted(states()) == [JobState.FAILED, JobState.SUCCESSFUL]
    assert "SOME_VARIABLE" in Job.objects.get(state=JobState.FAILED).errors[0]["message"]


def test_a_coroutine_that_cancels_itself_gives_its_slot_back(worker):
    for _ in range(4):  # one more than there are slots
        background.enqueue(cancel_itself)

    run(worker)

    assert states() == [JobState.FAILED] * 4


def test_a_child_task_that_exits_leaves_the_event_loop_to_others(worker):
    background.enqueue(let_a_child_exit)
    run(worker)
    background.enqueue(rest_a_moment)

    run(worker)

    assert JobState.SUCCESSFUL in states()
    assert JobState.RUNNING not in states()


def test_an_exception_that_cannot_even_be_read_gives_its_slot_back(worker):
    for _ in range(4):
        background.enqueue(raise_unreadable)

    run(worker)

    assert states() == [JobState.FAILED] * 4


def test_a_claim_anew_of_a_job_that_still_runs_here_is_a_stray(worker):
    """Taken for dead while it ran, claimed again under the new id, and the reply was lost."""
    background.enqueue(wait_until_opened)
    worker.tick()
    end_lease(worker.heartbeat.owner)
    job_backends["default"].rescue()
    worker.heartbeat.beat()
    job_backends["default"].claim(owner=worker.heartbeat.owner, limit=1)

    worker.intake.has_strays = True
    worker.intake.release_strays()

    assert states() == [JobState.READY]


def test_the_first_signal_during_the_grace_is_not_the_second(worker):
    worker.stop()  # its --duration or --max-jobs is over
    worker.stop(15)
    assert worker._signals == 1

    worker.stop(15)
    assert worker._signals == 2


def test_at_a_second_signal_what_has_not_begun_goes_back_uncounted(worker):
    for _ in range(50):
        worker.intake.durations.note("tests.app.tasks.nothing", 0.0001)  # claimed ahead
    long = [background.enqueue(wait_until_opened, priority=1) for _ in range(3)]
    short = [background.enqueue(nothing) for _ in range(5)]
    worker.tick()
    eventually(lambda: len(worker.slots.running) == len(long))
    assert worker.slots.waiting == len(short)
    worker.stop(15)
    worker.stop(15)

    worker._finish()

    found = {job.pk: (job.state, job.attempts, job.fence) for job in Job.objects.all()}
    assert {found[result.id] for result in long} == {(JobState.SCHEDULED, 1, 1)}
    assert {found[result.id] for result in short} == {(JobState.READY, 0, 1)}


def test_when_the_database_is_away_at_the_end_others_are_left_to_take_over(worker):
    left = []
    background.enqueue(wait_until_opened)
    worker.tick()
    eventually(lambda: worker.slots.running)
    worker.stop(15)
    worker.stop(15)

    @receiver(jobs_left)
    def note_left(attempts, **kwargs):
        left.extend(attempts)

    with connection.execute_wrapper(broken([True] * 50)):
        worker._leave_running()

    assert [attempt.job_id for attempt in left] == [Job.objects.get().pk]
    assert Job.objects.get().state == JobState.RUNNING


def test_a_thread_keeps_its_connection_until_it_ends(worker):
    assert connections["default"].settings_dict["CONN_MAX_AGE"] == 0
    before = connections_of_others()
    for number in range(6):
        background.enqueue(leave_effect, [str(number)])

    run(worker)

    assert connections_of_others() <= before + worker.slots.size
    worker.slots.close()
    assert eventually(lambda: connections_of_others() <= before)


async def count_effects():
    return await sync_to_async(Effect.objects.count)()


def test_a_coroutine_job_may_ask_the_database(worker):
    result = background.enqueue(count_effects)

    run(worker)

    result.refresh()
    assert result.return_value == 0


def test_what_was_claimed_before_a_presumed_death_does_not_start(worker):
    attempt = Attempt(job_id=ids.job_id(), task="t", owner=worker.heartbeat.owner, fence=1)
    assert worker.heartbeat.owns(attempt)

    worker.heartbeat._register()  # as when it learns that it was taken for dead
    assert not worker.heartbeat.owns(attempt)
