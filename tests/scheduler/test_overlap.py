"""While a schedule's previous job has not ended, the next due time waits for nothing: it is skipped."""

from datetime import timedelta

import pytest

from scheduler import signals
from scheduler.models import Occurrence
from tasks_core import job_backends
from tasks_core.models import Job
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import at, declare, ledger, tick

pytestmark = pytest.mark.django_db


def test_a_job_that_still_waits_is_not_joined_by_another():
    declare(at(8))

    tick(at(9))
    tick(at(10))
    tick(at(11))

    assert ledger() == [(at(9), "enqueued"), (at(10), "overlap")]
    assert Occurrence.objects.get(reason="overlap").count == 2
    assert Job.objects.count() == 1


def test_when_it_has_ended_the_next_one_runs():
    declare(at(8))
    tick(at(9))
    with FrozenClock(at(9, 5)):
        drain()

    tick(at(10))

    assert ledger() == [(at(9), "enqueued"), (at(10), "enqueued")]


def test_a_running_job_overlaps():
    declare(at(8))
    tick(at(9))
    with FrozenClock(at(9, 5)):
        backend = job_backends["default"]
        owner = backend.register(kind="worker", queues=None, concurrency=1)
        backend.claim(owner=owner.pk, limit=1)

    tick(at(10))

    assert ledger()[-1] == (at(10), "overlap")


def test_allow_lets_them_overlap():
    declare(at(8), overlap="allow")

    tick(at(9))
    tick(at(10))

    assert Job.objects.count() == 2


def test_a_job_that_waits_for_a_retry_overlaps_for_a_while_only():
    declare(at(8), task="tests.app.tasks.explode", cron="*/30 * * * *", max_attempts=9)
    tick(at(8, 30))
    with FrozenClock(at(8, 31)):
        drain()
    Job.rows.update(run_after=at(23))  # a long back-off

    tick(at(9))
    tick(at(9, 30))
    tick(at(10))

    assert ledger() == [(at(8, 30), "enqueued"), (at(9), "overlap"), (at(10), "enqueued")]


def test_a_shorter_patience():
    patience = {"overlap_timeout": timedelta(minutes=10)}
    declare(at(8), task="tests.app.tasks.explode", cron="*/30 * * * *", max_attempts=9, **patience)
    tick(at(8, 30))
    with FrozenClock(at(8, 31)):
        drain()
    Job.rows.update(run_after=at(23))

    tick(at(9))

    assert ledger()[-1] == (at(9), "enqueued")


@pytest.mark.parametrize("attempts", [{"attempts": 0}, {"attempts": 1, "claimed_at": at(9, 10)}])
def test_a_job_that_snoozes_overlaps_for_a_while_only(attempts):
    declare(at(8), cron="*/30 * * * *")
    tick(at(9))
    Job.rows.update(state="scheduled", run_after=at(9, days=300), **attempts)

    tick(at(9, 30))
    tick(at(10, 30))

    became = [reason for _, reason in ledger()]
    assert became[-3:] == ["overlap", "coalesced", "enqueued"]


def test_the_clock_of_a_worker_does_not_count():
    declare(at(8), task="tests.app.tasks.explode", cron="*/30 * * * *", max_attempts=9)
    tick(at(8, 30))
    with FrozenClock(at(8, 31)):
        drain()
    job = Job.objects.get()
    job.errors[-1]["at"] = at(8, days=9).isoformat()
    Job.rows.update(run_after=at(23), errors=job.errors)

    tick(at(10))

    assert ledger()[-1] == (at(10), "enqueued")


def test_three_in_a_row_are_told_once(django_capture_on_commit_callbacks):
    told = []

    def listen(key, count, **kwargs):
        told.append((key, count))

    signals.schedule_overlapping.connect(listen)
    declare(at(8))
    with django_capture_on_commit_callbacks(execute=True):
        for hour in (9, 10, 11, 12, 13):
            tick(at(hour))
    signals.schedule_overlapping.disconnect(listen)

    assert told == [("tea", 3)]


def test_one_question_for_all_schedules(django_assert_max_num_queries):
    from scheduler.process import Scheduler
    from scheduler.testing import only_declared

    entries = {
        f"tea {n}": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"} for n in range(50)
    }
    with only_declared(entries), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9))
        scheduler.tick()
        clock.move_to(at(10))
        with django_assert_max_num_queries(70):  # 50 of them extend nothing yet: one insert
            scheduler.tick()

    assert Occurrence.objects.filter(reason="overlap").count() == 50
