"""The table of django-background-tasks, written with its own model."""

from datetime import timedelta
from itertools import takewhile

import pytest

from scheduler.exceptions import OperationRefused
from scheduler.importing import django_background_tasks as source
from scheduler.importing import jobs
from scheduler.importing.report import Report
from scheduler.importing.report_data import as_data
from scheduler.triggers import Every, due_times
from tasks_core import task
from tasks_core.masking import MASK
from tasks_core.models import Job
from tests.scheduler.importing.places import NOW, origin
from tests.scheduler.importing.tables import installed

TASK = "tests.app.tasks.take"
HOUR = timedelta(hours=1)


@pytest.fixture
def rows(transactional_db):
    pytest.importorskip("background_task", reason="it has no release for this Django")
    with installed("background_task", "Task") as [model]:
        yield model.objects


@pytest.fixture
def write(rows):
    def write(*args, task=TASK, **columns):
        row = rows.new_task(task, args, **{"run_at": NOW + HOUR, **columns})
        row.save()
        return row

    return write


def read():
    return source.read(origin())


def test_a_repetition_is_a_schedule_from_its_run_on(write):
    row = write(7, repeat=3600, repeat_until=NOW + 90 * HOUR, priority=5, queue="ops")

    [found] = read().schedules

    assert found.trigger == Every(hours=1, anchor=NOW + HOUR)
    assert found.key == f"{TASK}-{row.task_hash[:8]}"
    assert found.options == {
        "args": [7],
        "kwargs": {},
        "priority": 5,
        "queue": "ops",
        "start_at": row.run_at.isoformat(),
        "end_at": row.repeat_until.isoformat(),
    }


def test_it_is_due_when_its_own_repetitions_are(write, rows, monkeypatch):
    """The chain of the package, run after run, beside our due times."""
    row = write(7, repeat=90 * 60)
    [found] = read().schedules
    theirs = [row.run_at]
    for _ in range(20):
        monkeypatch.setattr("django.utils.timezone.now", lambda: theirs[-1] + timedelta(seconds=1))
        row = row.create_repetition()
        theirs.append(row.run_at)

    ours = due_times(found.trigger, row.run_at - 20 * timedelta(minutes=90) - HOUR)

    assert list(takewhile(lambda due_at: due_at <= theirs[-1], ours)) == theirs


def test_one_that_is_overdue_says_so(write):
    write(repeat=3600, run_at=NOW - HOUR / 2)

    [found] = read().schedules

    assert "It was due at" in found.notes[0]
    assert "start_at" not in found.options


def test_one_that_failed_for_good_is_over(write):
    row = write(repeat=3600)
    row.failed_at = NOW
    row.save()

    assert read().schedules[0].is_over


def test_keys_are_the_same_at_every_import(write):
    write(task="tests.app.tasks.nothing", repeat=3600)
    write(7, repeat=3600)
    write(7, repeat=7200)

    first = [each.key for each in read().schedules]

    assert first[0] == "tests.app.tasks.nothing"
    assert first[2] == f"{first[1]} (2)"
    assert [each.key for each in read().schedules] == first


def test_lower_numbers_first_where_its_setting_says_so(write, settings):
    settings.BACKGROUND_TASK_PRIORITY_ORDERING = "ASC"
    write(repeat=3600, priority=200)

    [found] = read().schedules

    assert found.options["priority"] == -100
    assert "lower numbers come first there" in found.notes[0]


def test_what_runs_once_is_a_job_and_is_stored_once(write):
    write(7, verbose_name="seven")

    for _ in range(2):
        found = read()
        jobs.store(jobs.review(found.jobs, skipped=()))

    job = Job.objects.get()
    assert (job.task, job.args, job.label, job.run_after) == (TASK, [7], "seven", NOW + HOUR)


@pytest.mark.parametrize(
    ("args", "columns", "why"),
    [((7,), {"queue": "q" * 99}, "queue"), ((1, 2, 3), {}, "cannot be called with these")],
)
def test_a_job_that_would_be_refused_is_found_out_before_anything_is_stored(
    write, args, columns, why
):
    write(*args, **columns)

    [found] = jobs.review(read().jobs, skipped=())

    assert found.is_blocked
    assert why in found.problem


@task(sensitive=["code"])
def imported_code(code):
    """Open a door."""


def test_a_report_shows_no_argument_that_is_sensitive(write):
    write(4711, task=imported_code.name)

    report = Report((), [], jobs.review(read().jobs, skipped=()))

    assert f"{imported_code.name}('{MASK}'), at" in "\n".join(report.lines())
    assert as_data(report)["waiting_jobs"][0]["args"] == [MASK]


def test_what_a_worker_runs_right_now_is_left_to_it(write):
    """The control is a lock that is older than MAX_RUN_TIME: the package takes such a row back."""
    rows = [write(number) for number in (7, 8, 9)]
    for row, locked_at in zip(rows, (NOW - HOUR / 2, NOW - 2 * HOUR), strict=False):
        row.locked_by, row.locked_at = "4711", locked_at
        row.save()

    found = read()

    assert [each.call.args for each in found.jobs] == [[8], [9]]
    assert f"Row {rows[0].pk}, {TASK}, is left out: a worker has had it since" in found.notes[-1]


def test_max_run_time_says_how_long_a_lock_holds(write, settings):
    settings.MAX_RUN_TIME = 60
    row = write(7)
    row.locked_by, row.locked_at = "4711", NOW - HOUR / 2
    row.save()

    assert len(read().jobs) == 1


def test_a_repetition_that_runs_right_now_is_due_next_with_the_others(write):
    row = write(repeat=3600, run_at=NOW - HOUR / 2)
    row.locked_by, row.locked_at = "4711", NOW
    row.save()

    [found] = read().schedules

    assert found.trigger == Every(hours=1, anchor=row.run_at)
    assert "It runs right now there" in found.notes[0]


def test_how_often_it_is_tried_is_told(write, settings):
    settings.MAX_ATTEMPTS = 3
    write(7)

    assert "MAX_ATTEMPTS times there, 3;" in read().notes[0]


def test_the_table_is_read_without_the_package(write):
    write(repeat=3600)
    with_package = read().schedules

    from django.conf import settings
    from django.test import override_settings

    without = [each for each in settings.INSTALLED_APPS if each != "background_task"]
    with override_settings(INSTALLED_APPS=without):
        assert read().schedules == with_package


def test_without_the_table_it_says_so(db):
    with pytest.raises(OperationRefused, match="The table background_task cannot be read"):
        read()
