"""Due times become rows and jobs, once, whoever looks and however often."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from scheduler import upkeep
from scheduler.materialise import WatermarkMoved, note_end, record
from scheduler.models import Occurrence, Schedule
from scheduler.signals import occurrences_failed
from scheduler.turn.work import work_on
from tasks_core import JobState, ids
from tasks_core.models import Job
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import HOUR, at, declare, ledger, tick

pytestmark = pytest.mark.django_db


def record_again(stale):
    """Do what a process would that was frozen between reading a row and writing."""
    work, _ = work_on("default", [stale], now=at(9))
    record("default", work, now=at(9), recorded_by="a ghost")


def test_a_due_time_becomes_one_job_however_often_it_is_looked_at():
    declare(at(8), kwargs={})

    for _ in range(3):
        tick(at(9))

    assert ledger() == [(at(9), "enqueued")]
    assert Job.objects.count() == 1


def test_the_job_is_what_the_row_says():
    declare(
        at(8),
        task="tests.app.tasks.leave_effect",
        args=["tea"],
        kwargs={"milk": True},
        queue="kitchen",
        priority=7,
        max_attempts=2,
    )

    tick(at(9))

    job = Job.objects.get()
    assert (job.task, job.args, job.kwargs) == (
        "tests.app.tasks.leave_effect",
        ["tea"],
        {"milk": True},
    )
    assert (job.queue, job.priority, job.max_attempts, job.label) == ("kitchen", 7, 2, "tea")
    assert job.pk == ids.occurrence_id("tea", at(9))


def test_no_id_is_one_that_mariadb_refuses():
    made = [ids.occurrence_id("tea", at(8) + n * HOUR) for n in range(1000)]

    assert {job_id.bytes[8] for job_id in made}.isdisjoint({0x80})
    assert {job_id.version for job_id in made} == {8}
    assert len(set(made)) == 1000


def test_the_watermark_moves_with_the_jobs():
    declare(at(8))

    tick(at(9, 0, 5))

    row = Schedule.objects.get()
    assert (row.watermark, row.next_due_at) == (at(9, 0, 5), at(10))
    assert (row.last_due_at, row.runs) == (at(9), 1)


def test_an_occurrence_says_who_recorded_it_and_from_which_definition():
    row = declare(at(8))

    tick(at(9, 0, 5))

    occurrence = Occurrence.objects.get()
    assert occurrence.recorded_at == at(9, 0, 5)
    assert occurrence.recorded_by.startswith("pid ")
    assert occurrence.definition_hash == row.definition_hash


def test_a_second_writer_is_rolled_back():
    declare(at(8))
    stale = Schedule.objects.get()
    tick(at(9))

    with pytest.raises(IntegrityError), transaction.atomic():
        record_again(stale)

    assert Occurrence.objects.count() == Job.objects.count() == 1


def test_a_moved_watermark_alone_stops_a_second_writer():
    declare(at(8))
    stale = Schedule.objects.get()
    Schedule.objects.update(watermark=at(8, 30))

    with pytest.raises(WatermarkMoved), transaction.atomic():
        record_again(stale)

    assert Occurrence.objects.count() == 0


def test_the_unique_key_is_the_witness():
    declare(at(8))
    tick(at(9))
    twin = Occurrence.objects.get()
    twin.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        twin.save(force_insert=True)


def test_a_year_of_pause_is_one_row():
    declare(at(0), cron="* * * * *")
    Schedule.objects.update(paused_at=at(0))

    for minutes in (1, 2, 3, 500_000):
        tick(at(0) + timedelta(minutes=minutes))

    [row] = Occurrence.objects.all()
    assert (row.due_at, row.until_at) == (at(0, 1), at(0) + timedelta(minutes=500_000))
    assert (row.reason, row.count) == ("paused", None)
    assert Job.objects.count() == 0


def test_skips_of_another_reason_or_definition_begin_a_new_row():
    declare(at(0), cron="* * * * *")
    Schedule.objects.update(paused_at=at(0))
    tick(at(0, 1))
    tick(at(0, 2))
    Schedule.objects.update(definition_hash="another")
    tick(at(0, 3))

    counts = Occurrence.objects.order_by("due_at").values_list("due_at", "count")
    assert list(counts) == [(at(0, 1), 2), (at(0, 3), 1)]


def test_a_paused_schedule_goes_on_by_itself():
    declare(at(0))
    Schedule.objects.update(paused_at=at(0), paused_until=at(2, 30))

    for hour in (1, 2, 3):
        tick(at(hour))

    assert ledger() == [(at(1), "paused"), (at(3), "enqueued")]


def test_the_end_of_a_job_is_noted():
    declare(at(8), task="tests.app.tasks.explode", max_attempts=1)
    tick(at(9))

    with FrozenClock(at(9, 1)):
        drain()

    occurrence = Occurrence.objects.get()
    assert (occurrence.job_state, occurrence.ended_at) == (JobState.FAILED, at(9, 1))


def test_other_jobs_do_not_touch_the_ledger(django_assert_num_queries):
    from scheduler.materialise import note_ends
    from tasks_core.signals import JobEnd

    other = JobEnd(ids.job_id(), JobState.SUCCESSFUL, at(9))

    with django_assert_num_queries(0):
        note_ends([other])


def test_ends_that_nobody_noted_are_found():
    declare(at(8), cron="*/30 * * * *", overlap="allow")
    tick(at(8, 30))
    tick(at(9))
    gone = Occurrence.objects.earliest("due_at")
    Job.rows.filter(pk=gone.job_id).delete()
    with FrozenClock(at(9)):
        drain()
    Occurrence.objects.update(job_state="", ended_at=None)

    with FrozenClock(at(9, 5)):
        assert upkeep.reconcile() == 0

    states = Occurrence.objects.order_by("due_at").values_list("job_state", flat=True)
    assert list(states) == ["unknown", "successful"]


def test_a_failure_that_cannot_be_told_stays_open_and_keeps_no_other_open(caplog):
    def refuse(job_ids, **told):
        if first.job_id in job_ids:
            raise ValueError("not this one")

    declare(at(8), cron="*/30 * * * *", overlap="allow")
    tick(at(8, 30))
    tick(at(9))
    first, second = Occurrence.objects.order_by("due_at")
    occurrences_failed.connect(refuse)

    note_end([first.job_id, second.job_id], state="failed", at=at(9))
    states = Occurrence.objects.order_by("due_at").values_list("job_state", flat=True)
    assert list(states) == ["", "failed"]
    assert f"that job {first.job_id} failed could not be told" in caplog.text

    occurrences_failed.disconnect(refuse)
    note_end([first.job_id, second.job_id], state="failed", at=at(9))
    assert set(states.all()) == {"failed"}


def test_reconciling_leaves_open_jobs_open():
    declare(at(8))
    tick(at(9))

    with FrozenClock(at(9, 5)):
        upkeep.reconcile()

    assert Occurrence.objects.get().job_state == ""


def test_the_ledger_is_purged_below_the_watermark_and_never_made_again():
    declare(at(0), cron="0 12 * * *", overlap="allow")
    for day in (0, 1, 2, 92):
        tick(at(12, days=day))

    with FrozenClock(at(13, days=92)):
        forgotten = upkeep.purge()
        again = upkeep.purge()

    assert (forgotten, again) == (2, 0)
    assert [due_at for due_at, _ in ledger()] == [at(12, days=day) for day in (2, 3, 92)]
    assert Schedule.objects.get().floor == at(12, days=1)


@pytest.mark.parametrize("change", [{"retired_at": at(10)}, {"enabled": False}])
def test_the_ledger_of_what_runs_no_more_is_purged_as_well(change):
    declare(at(8))
    tick(at(9))
    Schedule.objects.update(**change, next_due_at=None)

    with FrozenClock(at(8, days=90)):
        assert upkeep.purge() == 0
    with FrozenClock(at(10, days=90)):
        assert upkeep.purge() == 1


def test_nothing_is_purged_while_no_scheduler_decides():
    declare(at(0), cron="0 12 * * *")
    tick(at(12))

    with FrozenClock(at(13, days=400)):
        assert upkeep.purge() == 0


def test_purging_spares_a_long_row_that_still_goes_on():
    declare(at(0), cron="* * * * *")
    Schedule.objects.update(paused_at=at(0))
    for day in range(0, 200, 10):
        tick(at(1, days=day))

    with FrozenClock(at(1, days=200)):
        assert upkeep.purge() == 0

    assert Occurrence.objects.get().until_at == at(1, days=190)


def test_a_watermark_below_the_floor_is_refused_by_the_database():
    declare(at(8))

    with pytest.raises(IntegrityError), transaction.atomic():
        Schedule.objects.update(watermark=at(8) - HOUR)
