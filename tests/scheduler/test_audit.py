"""An audit finds every due time in its place, and whatever was taken, doubled or moved."""

import json
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from scheduler.models import Definition, Occurrence, Schedule, ZoneRules
from scheduler.questions.audit import Kind, audit
from scheduler.questions.audit.report import PAGE
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core import ids
from tasks_core.models import Job
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import at, declare, ledger, tick

pytestmark = pytest.mark.django_db

HOURLY = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *", "overlap": "allow"}


def live(*moments, **options):
    """Declare tea at the first moment and tick at the others."""
    declare(moments[0], **HOURLY | options)
    for moment in moments[1:]:
        tick(moment)


def kinds(**options):
    return [(fault.kind, fault.due_at) for fault in audit(**options).faults]


def of_tea():
    return Occurrence.objects.filter(schedule_key="tea").order_by("due_at")


class TestNothingIsWrong:
    def test_with_jobs_and_skips(self):
        live(at(8), at(9), at(10), at(14), at(15))

        report = audit()

        assert (report.schedules, report.jobs, report.skipped) == (1, 4, 3)
        assert (report.faults, report.notes, report.is_balanced) == ([], [], True)

    def test_with_a_pause(self):
        live(at(8), at(9))
        Schedule.objects.update(paused_at=at(9, 30))
        for hour in range(10, 20):
            tick(at(hour))
        Schedule.objects.update(paused_at=None)
        tick(at(20))

        assert of_tea().filter(reason="paused").get().count == 10
        assert kinds() == []

    def test_while_it_was_disabled_and_then_on_again(self):
        live(at(8), at(9))
        declare(at(9, 30), **HOURLY, enabled=False)
        tick(at(10))
        declare(at(12, 30), **HOURLY)
        tick(at(13))

        assert ledger() == [(at(9), "enqueued"), (at(13), "enqueued")]
        assert kinds() == []

    def test_while_it_was_retired_and_restored(self):
        live(at(8), at(9))
        with only_declared(), FrozenClock(at(9, 30)):
            sync()
        declare(at(12, 30), **HOURLY)
        tick(at(13))

        assert kinds() == []

    def test_with_one_definition_after_another(self):
        live(at(8), at(9))
        declare(at(9, 45), **HOURLY | {"cron": "30 * * * *"})
        tick(at(10, 30))
        declare(at(10, 45), **HOURLY | {"cron": "30 * * * *"}, start_at=at(12))
        tick(at(13))
        declare(at(13, 15), every=timedelta(minutes=10))
        tick(at(13, 20))

        assert len(ledger()) == 4
        assert kinds() == []

    def test_after_a_rename(self):
        live(at(8), at(9))
        renamed = {"coffee": HOURLY | {"previous_keys": ["tea"]}}
        with only_declared(renamed), FrozenClock(at(9, 30)):
            sync()
        tick(at(10))

        assert (audit().jobs, kinds()) == (2, [])

    def test_of_an_at_that_was_over(self):
        declare(at(8), at=at(7))

        assert ledger() == [(at(7), "missed_window")]
        assert kinds() == []

    def test_below_the_floor_where_rows_are_forgotten(self):
        live(at(8), at(9), at(10), at(11))
        of_tea().filter(due_at__lte=at(10)).delete()
        assert kinds() != []

        Schedule.objects.update(floor=at(10))

        assert kinds() == []

    def test_before_the_history_of_an_older_installation(self):
        live(at(8), at(9), at(10))
        Definition.objects.update(
            since=at(9, 30),
            recorded_by="migration",
            definition={"trigger": "cron 0 * * * * UTC", "timezone": "UTC", "task": "x"},
        )

        assert kinds() == []

    def test_when_jobs_ended_and_were_pruned(self):
        live(at(8), at(9))
        with FrozenClock(at(9, 1)):
            drain()
        Job.rows.all().delete()

        assert of_tea().get().job_state == "successful"
        assert kinds() == []

    def test_of_a_row_whose_count_nobody_knows(self):
        live(at(8), at(9), at(14))
        of_tea().filter(reason="coalesced").update(count=None)

        assert kinds() == []

    def test_of_a_schedule_that_was_deleted(self):
        live(at(8), at(9), at(10))
        Definition.objects.update(until=at(10))
        Schedule.objects.all().delete()

        assert (audit().jobs, kinds()) == (2, [])

    def test_with_an_interval_that_is_counted_without_listing(self):
        declare(at(8), every=timedelta(seconds=1))
        tick(at(12))

        assert of_tea().filter(reason="coalesced").get().count == 4 * 3600 - 1
        assert kinds() == []


def taken():
    of_tea().filter(due_at=at(10)).delete()


def taken_skip():
    of_tea().filter(reason="coalesced").delete()


def shifted():
    of_tea().filter(due_at=at(10)).update(due_at=at(10, 1), until_at=at(10, 1))


def lengthened():
    of_tea().filter(due_at=at(10)).update(until_at=at(11))


def shortened():
    of_tea().filter(reason="coalesced").update(until_at=at(12), count=2)


def ended_between():
    of_tea().filter(reason="coalesced").update(until_at=at(13, 30))


def doubled():
    row = of_tea().get(due_at=at(10))
    row.pk, row.due_at, row.until_at = None, at(10, 30), at(10, 30)
    row.job_id = ids.occurrence_id("tea", row.due_at, "")
    row.job_state = "successful"
    row.save(force_insert=True)


def covered_twice():
    row = of_tea().get(due_at=at(10))
    row.pk, row.due_at, row.until_at = None, at(12), at(12)
    row.job_id, row.job_state = ids.occurrence_id("tea", row.due_at, ""), "successful"
    row.save(force_insert=True)


def miscounted():
    of_tea().filter(reason="coalesced").update(count=7)


def recorded_early():
    of_tea().filter(due_at=at(10)).update(recorded_at=at(9, 59))


def without_job():
    Job.rows.filter(pk=of_tea().get(due_at=at(10)).job_id).delete()


def second_job():
    job = Job.objects.get(pk=of_tea().get(due_at=at(10)).job_id)
    job.pk = ids.job_id()
    job.save_base(force_insert=True)


def shared_job():
    first, second = of_tea().filter(outcome="enqueued")[:2]
    of_tea().filter(pk=second.pk).update(job_id=first.job_id)


def behind_the_watermark():
    Schedule.objects.update(watermark=at(13, 30))


def one_definition_less():
    Definition.objects.update(since=at(9, 30))


@pytest.mark.parametrize(
    ("harm", "found"),
    [
        (taken, [(Kind.MISSING, at(10)), (Kind.STRAY, at(10))]),
        (taken_skip, [(Kind.MISSING, at(11))]),
        (shifted, [(Kind.MISSING, at(10)), (Kind.EXTRA, at(10, 1))]),
        (lengthened, [(Kind.MISCOUNTED, at(10)), (Kind.TWICE, at(11))]),
        (shortened, [(Kind.MISSING, at(13))]),
        (ended_between, [(Kind.EXTRA, at(13, 30))]),
        (doubled, [(Kind.EXTRA, at(10, 30))]),
        (covered_twice, [(Kind.TWICE, at(12))]),
        (miscounted, [(Kind.MISCOUNTED, at(11))]),
        (recorded_early, [(Kind.EARLY, at(10))]),
        (without_job, [(Kind.TORN, at(10))]),
        (second_job, [(Kind.STRAY, at(10))]),
        (shared_job, [(Kind.TORN, at(10)), (Kind.STRAY, at(10))]),
        (behind_the_watermark, [(Kind.AHEAD, at(14))]),
        (one_definition_less, [(Kind.EXTRA, at(9))]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_it_is_found(harm, found):
    live(at(8), at(9), at(10), at(14))
    assert kinds() == []

    harm()

    assert kinds() == found


def test_a_fault_is_a_sentence():
    live(at(8), at(9), at(10), at(14))
    taken_skip()

    (fault,) = audit().faults

    assert str(fault) == (
        "tea, 2026-03-10 11:00:00Z to 2026-03-10 13:00:00Z (3 due times): due, and the ledger "
        "has neither a job nor a reason."
    )


class TestSince:
    def test_what_was_before_is_left_out(self):
        live(at(8), at(9), at(10), at(11), at(12))
        taken()

        assert kinds(since=at(10)) == []
        assert kinds(since=at(9, 59)) == [(Kind.MISSING, at(10)), (Kind.STRAY, at(10))]

    def test_a_row_that_reaches_over_it_is_judged_as_a_whole(self):
        live(at(8), at(9), at(14))

        assert kinds(since=at(11, 30)) == []
        miscounted()
        assert kinds(since=at(11, 30)) == [(Kind.MISCOUNTED, at(10))]


def test_only_some_schedules():
    live(at(8), at(9), at(10), at(11))
    taken()

    assert kinds(keys=["coffee"]) == []
    assert kinds(keys=["tea"]) == [(Kind.MISSING, at(10)), (Kind.STRAY, at(10))]


def test_quarantine_and_lost_jobs_are_told():
    live(at(8), at(9))
    Schedule.objects.update(quarantined_at=at(9, 30), next_due_at=None, error="boom")
    of_tea().update(job_state="unknown")
    Job.rows.all().delete()

    report = audit()

    assert report.faults == []
    assert "deleted before anybody saw them end" in report.notes[0]
    assert "in quarantine since 2026-03-10 09:30Z" in report.notes[1]


def test_a_definition_that_nobody_can_read_is_told_and_left_out():
    live(at(8), at(9))
    Definition.objects.update(definition={"trigger": "when the cows come home"})

    report = audit()

    assert report.faults == []
    assert "not known here" in report.notes[0]


def test_another_tzdata_is_told_where_something_is_wrong():
    live(at(8), at(9), at(10))
    ZoneRules.objects.update(version="2025b")
    ZoneRules.objects.create(version="2026a", since=at(9, 30))
    assert audit().notes == []
    taken()

    assert "tzdata 2025b, then 2026a" in audit().notes[0]
    assert audit(since=at(9, 45)).notes == []


def test_many_schedules_are_read_in_pages():
    seen = []
    count = PAGE + 1
    with only_declared({f"k{n}": HOURLY for n in range(count)}), FrozenClock(at(8)):
        sync()
    tick(at(9))

    report = audit(progress=lambda done, total: seen.append((done, total)))

    assert (report.schedules, report.jobs, report.faults) == (count, count, [])
    assert seen == [(PAGE, count), (count, count)]


@pytest.mark.parametrize("table", ["occurrence", "definition"])
def test_what_is_decided_while_it_reads_is_no_fault(table):
    declare(at(8), **HOURLY)
    tick(at(9))
    Schedule.objects.update(paused_at=at(9, 30))
    tick(at(10))
    told = []

    def meanwhile(execute, sql, *args):
        if not told and f"tasks_scheduler_{table}" in sql and "SELECT" in sql:
            told.append(sql)
            tick(at(11))
            declare(at(11, 30), **HOURLY | {"cron": "30 * * * *"})
        return execute(sql, *args)

    with connection.execute_wrapper(meanwhile):
        report = audit()

    assert told
    assert (of_tea().get(reason="paused").until_at, report.faults) == (at(11), [])


class TestCommand:
    def test_it_exits_with_1_when_something_is_wrong(self, capsys):
        live(at(8), at(9), at(10))
        call_command("schedules", "audit")
        taken()
        with pytest.raises(SystemExit) as ended:
            call_command("schedules", "audit", "tea", "--since", "2026-03-10T09:30Z")

        fine, *wrong = capsys.readouterr().out.splitlines()
        assert fine == (
            "1 schedule, 2 due times with a job and 0 without, for a reason. "
            "Everything is in its place."
        )
        assert ended.value.code == 1
        assert "a job of the schedule that no row of the ledger names" in wrong[1]
        assert wrong[-1].endswith("2 faults.")

    def test_a_script_gets_all_of_it(self, capsys):
        live(at(8), at(9), at(10))
        taken_first = of_tea().filter(due_at=at(9))
        taken_first.delete()
        with pytest.raises(SystemExit):
            call_command("schedules", "audit", "--format", "json")

        told = json.loads(capsys.readouterr().out)
        assert (told["balanced"], told["schedules"]) == (False, 1)
        assert [fault["kind"] for fault in told["faults"]] == ["missing", "stray"]


def test_a_key_that_never_was_is_not_in_order(capsys):
    with pytest.raises(CommandError, match="There is no schedule 'nosuch'"):
        call_command("schedules", "audit", "nosuch")
