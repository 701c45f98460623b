"""Parked jobs are let through as far as their limits allow, and no further."""

import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet

from tasks_core import job_backends, limits, registry
from tasks_core.backends.database.cancel import cancel
from tasks_core.backends.database.limits import admit as admission
from tasks_core.backends.database.limits import allowances
from tasks_core.backends.database.limits.admit import admit, admit_after_commit, keys_of
from tasks_core.backends.database.limits.allowances import Key, declare
from tasks_core.backends.database.pause import pause
from tasks_core.decorators import task
from tasks_core.models import Job, Limit
from tasks_core.states import JobState
from tests.tasks_core.races import together
from tests.tasks_core.rows import NOON, fresh, make_job, make_jobs, make_process

pytestmark = pytest.mark.django_db

SECOND = timedelta(seconds=1)
S = JobState


@task(rate="1/s")
def slow():
    pass


def park(count=1, **fields):
    """Store jobs as an enqueue does that has limits: ready, and parked."""
    return make_jobs(count, **{"parked": True, "concurrency_limit": None} | fields)


def keyed(count=1, permits=2, **fields):
    return park(count, concurrency_key="a", concurrency_limit=permits, **fields)


def rated(count=1, **fields):
    return park(count, rate_key="r", **fields)


def admitted():
    return Job.objects.filter(state__in=["ready", "running"], parked=False).count()


def start_all(**fields):
    """Let what was admitted run, as a claim would."""
    ready = Job.rows.filter(state=JobState.READY, parked=False, **fields)
    return ready.update(state=JobState.RUNNING, claimed_by=make_process())


# Concurrency.


def test_as_many_pass_as_there_are_permits():
    keyed(5, permits=2)

    assert admit("default", concurrency_keys=["a"], now=NOON) == 2
    assert admit("default", concurrency_keys=["a"], now=NOON) == 0
    assert admitted() == 2


def test_a_running_job_keeps_its_permit_until_it_has_ended():
    keyed(3, permits=1)
    admit("default", concurrency_keys=["a"], now=NOON)
    start_all()

    assert admit("default", concurrency_keys=["a"], now=NOON) == 0

    Job.rows.filter(state=JobState.RUNNING).update(
        state=JobState.SUCCESSFUL, finished_at=NOON, claimed_by=None
    )
    assert admit("default", concurrency_keys=["a"], now=NOON) == 1


def test_keys_do_not_hinder_each_other():
    keyed(2, permits=1)
    park(2, concurrency_key="b", concurrency_limit=1)

    assert admit("default", concurrency_keys=["a", "b"], now=NOON) == 2
    assert {job.concurrency_key for job in Job.objects.filter(parked=False)} == {"a", "b"}


def test_the_best_pass_first():
    late, urgent, early = (
        keyed(permits=1, run_after=NOON)[0],
        keyed(permits=1, priority=5, run_after=NOON)[0],
        keyed(permits=1, run_after=NOON - SECOND)[0],
    )

    order = []
    while admit("default", concurrency_keys=["a"], now=NOON):
        order.append(Job.objects.get(state=JobState.READY, parked=False).pk)
        Job.rows.filter(parked=False).delete()

    assert order == [urgent.pk, early.pk, late.pk]


def test_the_newest_number_that_was_declared_is_obeyed():
    keyed(5, permits=1)

    declare("default", permits={"a": 3})
    assert admit("default", concurrency_keys=["a"], now=NOON) == 3

    declare("default", permits={"a": 1})
    start_all()
    assert admit("default", concurrency_keys=["a"], now=NOON) == 0


def test_what_was_never_declared_is_what_the_job_says():
    keyed(5, permits=2)

    admit("default", concurrency_keys=["a"], now=NOON)

    assert admitted() == 2
    assert Limit.objects.get().permits is None


def test_scheduled_expired_and_paused_jobs_do_not_pass():
    keyed(state=JobState.SCHEDULED, run_after=NOON + SECOND)
    keyed(expires_at=NOON)
    keyed(queue="mail")
    pause("default", "mail", now=NOON)

    assert admit("default", concurrency_keys=["a"], now=NOON) == 0


def test_the_jobs_of_a_paused_queue_give_their_permits_to_others():
    keyed(permits=1, queue="mail")
    admit("default", concurrency_keys=["a"], now=NOON)
    keyed(permits=1, queue="other")

    pause("default", "mail", now=NOON)

    assert admit("default", concurrency_keys=["a"], now=NOON) == 1
    assert Job.objects.get(parked=False).queue == "other"


def test_nobody_waits_is_found_out_without_a_transaction(django_assert_num_queries):
    with django_assert_num_queries(2):
        assert admit("default", concurrency_keys=["a"], now=NOON) == 0

    assert not Limit.objects.exists()


# Rates.


def test_one_passes_each_time_that_the_rate_allows():
    rated(9)
    declare("default", spacings={"r": SECOND})

    passed = []
    for tenths in range(35):
        now = NOON + timedelta(milliseconds=100 * tenths)
        passed.append(admit("default", rate_keys=["r"], now=now))
        start_all()

    assert [index for index, count in enumerate(passed) if count] == [0, 10, 20, 30]
    assert set(passed) == {0, 1}


def test_nobody_passes_while_the_one_before_is_not_claimed():
    rated(9)
    declare("default", spacings={"r": SECOND})

    assert admit("default", rate_keys=["r"], now=NOON) == 1
    assert admit("default", rate_keys=["r"], now=NOON + 60 * SECOND) == 0

    start_all()
    assert admit("default", rate_keys=["r"], now=NOON + 60 * SECOND) == 1


@pytest.mark.parametrize(("rate", "busy"), [("1/s", 7), ("20/s", 3), ("100/s", 11)])
def test_in_any_second_no_more_start_than_the_rate_and_two_bursts(rate, busy):
    """Workers that were busy for a while claim whatever was let through meanwhile, at once."""
    each = limits.spacing(rate)
    rated(600)
    declare("default", spacings={"r": each})

    starts = []
    for step in range(160):
        now = NOON + timedelta(milliseconds=25 * step)
        admit("default", rate_keys=["r"], now=now)
        if step % 40 >= busy:  # else no worker has a free slot
            starts += [now] * start_all()
            admit("default", rate_keys=["r"], now=now)
            starts += [now] * start_all()

    bound = SECOND / each + 2 * limits.burst(each)
    most = max(sum(at <= other < at + SECOND for other in starts) for at in starts)
    assert most <= bound
    assert len(starts) >= (4 * SECOND / each) * 0.7  # and the rate is used, not only kept


def test_a_rate_that_nobody_declared_is_the_one_of_the_task():
    registry.declare(slow)
    park(3, rate_key=slow.name)

    assert admit("default", rate_keys=[slow.name], now=NOON) == 1
    assert Limit.objects.get().spacing == SECOND


def test_the_rate_of_a_queue_comes_from_the_settings(settings):
    settings.TASKS_CORE = {"RATE_LIMITS": {"mail": "1/s"}}
    park(300, rate_key="queue:mail", queue="mail")

    assert admit("default", rate_keys=["queue:mail"], now=NOON) == 1

    settings.TASKS_CORE = {}
    assert admit("default", rate_keys=["queue:mail"], now=NOON) == allowances.MOST


# Both.


def test_a_job_with_both_passes_both():
    park(5, concurrency_key="a", concurrency_limit=2, rate_key="r")
    declare("default", spacings={"r": SECOND})

    assert admit("default", concurrency_keys=["a"], now=NOON) == 1
    start_all()
    assert admit("default", concurrency_keys=["a"], now=NOON) == 0
    assert admit("default", rate_keys=["r"], now=NOON + SECOND) == 1
    start_all()
    assert admit("default", rate_keys=["r"], now=NOON + 2 * SECOND) == 0


def test_one_that_another_key_holds_back_lets_others_pass():
    declare("default", spacings={"r": SECOND})
    rated()
    admit("default", rate_keys=["r"], now=NOON)
    park(3, concurrency_key="a", concurrency_limit=2, rate_key="r", priority=9)
    [free] = keyed(permits=2)

    assert admit("default", concurrency_keys=["a"], now=NOON) == 1
    assert fresh(free).parked is False


def test_one_name_may_be_a_concurrency_key_and_a_rate_key():
    park(5, concurrency_key="a", concurrency_limit=3, rate_key="a")
    declare("default", spacings={"a": SECOND / 20})

    assert admit("default", concurrency_keys=["a"], rate_keys=["a"], now=NOON) == 2


# When.


def test_who_ends_a_waiting_job_lets_the_next_one_through(django_capture_on_commit_callbacks):
    first, second = keyed(2, permits=1)
    admit("default", concurrency_keys=["a"], now=NOON)
    waiting = first if fresh(second).parked else second

    with django_capture_on_commit_callbacks(execute=True):
        cancel("default", [waiting.pk], now=NOON)

    assert admitted() == 1


def test_after_a_rollback_nobody_is_let_through(django_capture_on_commit_callbacks):
    job = keyed()[0]

    with (
        django_capture_on_commit_callbacks(execute=True),
        pytest.raises(RuntimeError),
        transaction.atomic(),
    ):
        admit_after_commit("default", keys_of(Job.objects.all()))
        raise RuntimeError

    assert fresh(job).parked is True


def test_the_keys_of_jobs_are_told_once_each():
    park(3, concurrency_key="a", concurrency_limit=1, rate_key="r")
    rated(2)
    make_job()

    found = keys_of(Job.objects.all())

    assert found == {Key("concurrency_key", "a"), Key("rate_key", "r")}


# Many at once.


def race(permits, jobs=40, threads=6):
    """Let threads admit, claim and end jobs of one key; return the most that ran at once."""
    keyed(jobs, permits=permits)
    owner = make_process().pk

    def work(number):
        most, running = 0, []
        while Job.objects.filter(finished_at__isnull=True).exists():
            admit("default", concurrency_keys=["a"], now=NOON)
            most = max(most, admitted())
            for attempt in running:
                mine = Job.rows.filter(pk=attempt.job_id)
                mine.move(S.RUNNING, S.SUCCESSFUL, finished_at=NOON, claimed_by=None)
            running = job_backends["default"].claim(owner=owner, limit=2)
        return most

    return max(together(threads, work))


@pytest.mark.django_db(transaction=True)
def test_never_more_run_than_allowed_however_many_admit_at_once():
    assert race(permits=3) == 3


@pytest.mark.django_db(transaction=True)
def test_without_counting_what_runs_more_would_run(monkeypatch):
    count = allowances._counts

    def count_what_waits(*args):
        return {key: (0, ready) for key, (_, ready) in count(*args).items()}

    monkeypatch.setattr(allowances, "_counts", count_what_waits)

    assert race(permits=1) > 1


def meet(monkeypatch, *, seconds=1):
    """Let two admit at once; each waits, after it has counted, for the other one to count."""
    keyed(4, permits=1)
    Limit.objects.create(key="a")
    barrier = threading.Barrier(2)

    def allowed_by_both(*args, **options):
        found = allowances.allowed(*args, **options)
        with suppress(threading.BrokenBarrierError):
            barrier.wait(seconds)
        return found

    monkeypatch.setattr(admission, "allowed", allowed_by_both)
    return sum(together(2, lambda _: admit("default", concurrency_keys=["a"], now=NOON)))


@pytest.mark.django_db(transaction=True)
def test_only_one_counts_at_a_time(monkeypatch):
    assert meet(monkeypatch) == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.vendor("postgresql", "mysql")  # SQLite's lock cannot be left out
def test_without_the_lock_two_would_count_the_same_free_permit(monkeypatch):
    lock = QuerySet.select_for_update

    def lock_jobs_alone(self, **options):
        return self if self.model is Limit else lock(self, **options)

    monkeypatch.setattr(QuerySet, "select_for_update", lock_jobs_alone)

    assert meet(monkeypatch, seconds=60) == 2


@pytest.mark.django_db(transaction=True)
def test_two_who_find_no_row_lock_the_same_one():
    keyed(30, permits=1)

    counts = together(6, lambda _: admit("default", concurrency_keys=["a"], now=NOON))

    assert sum(counts) == 1
    assert Limit.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.vendor("postgresql", "mysql")
def test_a_job_that_an_operator_holds_is_not_waited_for():
    held, free = keyed(permits=1)[0], keyed(permits=1, run_after=NOON + SECOND)[0]

    with transaction.atomic():
        Job.objects.select_for_update().get(pk=held.pk)
        [count] = together(1, lambda _: admit("default", concurrency_keys=["a"], now=NOON))

    assert count == 1
    assert fresh(free).parked is False
    assert connection.in_atomic_block is False


@pytest.mark.vendor("postgresql")
def test_the_counts_of_many_keys_are_not_compiled():
    """PostgreSQL 15 took 1.5 s for fifty keys beside 100,000 parked jobs, holding their locks."""
    keyed()

    admit("default", concurrency_keys=["a"], now=NOON)

    with connection.cursor() as cursor:
        cursor.execute("SHOW jit")  # in the transaction of this test
        assert cursor.fetchone() == ("off",)
