"""Rows of django-background-tasks whose tasks are declared with our @background."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command

from scheduler.contrib.background_task.models import Task
from scheduler.importing import django_background_tasks as source
from scheduler.models import Schedule
from scheduler.testing import only_declared, schedules
from tasks_core.models import Job
from tests.scheduler.background_task.places import legacy_mail, legacy_note, noted
from tests.scheduler.importing.places import NOW, origin
from tests.scheduler.importing.tables import installed

HOUR = timedelta(hours=1)
OURS = "tests.app.tasks.take"


@pytest.fixture
def write(transactional_db):
    pytest.importorskip("background_task", reason="it has no release for this Django")
    with installed("background_task", "Task") as [model]:

        def write(task, *args, **columns):
            row = model.objects.new_task(task.name, args, **{"run_at": NOW + HOUR, **columns})
            row.save()
            return row

        yield write


@pytest.fixture
def run(capsys):
    def run(*arguments):
        with only_declared({}):
            call_command("schedules", "import", "--from", "django-background-tasks", *arguments)
        return capsys.readouterr()

    return run


def test_what_repeats_is_a_task_there_as_code_would_have_stored_it(write, run):
    ada = User.objects.create(username="ada")
    row = write(
        legacy_mail,
        "a@example.org",
        repeat=Task.DAILY,
        verbose_name="Mail",
        creator=ada,
        priority=7,
    )

    with schedules.travel(NOW):
        told = run()
        task = Task.objects.get()

    assert "1 schedule created" in told.out
    assert "It becomes a task of scheduler.contrib.background_task" in told.err
    assert (task.task_name, task.params()) == (legacy_mail.name, (["a@example.org"], {}))
    assert (task.run_at, task.repeat, task.priority) == (row.run_at, Task.DAILY, 7)
    assert (task.verbose_name, task.creator) == ("Mail", ada)


def test_what_code_stores_anew_takes_its_place(write, run):
    """remove_existing_tasks, which is why it has to be there: else both would run."""
    write(legacy_mail, "a@example.org", repeat=Task.DAILY)
    write(legacy_mail, "a@example.org")

    with schedules.travel(NOW) as clock:
        run()
        assert Task.objects.count() == 2
        legacy_mail("a@example.org", schedule=60)
        clock.by(days=2)

    assert noted == ["a@example.org"]


def test_it_is_imported_once(write, run):
    write(legacy_note, 1, repeat=Task.HOURLY)
    write(legacy_note, 1, repeat=Task.HOURLY)
    write(legacy_note, 2)

    with schedules.travel(NOW):
        run()
        again = run().out

    assert "0 schedules created, 0 changed, 2 here already." in again
    assert (Schedule.objects.count(), Job.objects.count()) == (2, 1)


def test_what_is_overdue_runs_at_once_and_what_runs_right_now_does_not(write, run):
    write(legacy_note, "late", repeat=Task.HOURLY, run_at=NOW - HOUR / 2)
    row = write(legacy_note, "runs", repeat=Task.HOURLY, run_at=NOW - HOUR / 2)
    row.locked_by, row.locked_at = "4711", NOW
    row.save()

    with schedules.travel(NOW) as clock:
        told = run().err
        clock.by(minutes=20)
        assert noted == [(("late",), {})]
        clock.by(minutes=20)

    assert "and runs once at once, here as there" in told
    assert sorted(noted[1:]) == [(("late",), {}), (("runs",), {})]


def test_it_is_not_printed_to_be_pasted(write, run):
    write(legacy_note, repeat=Task.HOURLY)

    assert legacy_note.name not in run("--dry-run").out
    assert not Schedule.objects.exists()


def test_jobs_keep_their_name_and_who_asked_for_them(write, run):
    ada = User.objects.create(username="ada")
    row = write(legacy_note, verbose_name="Note", creator=ada)
    row.attempts = 3
    row.save()

    with schedules.travel(NOW):
        told = run().err
        task = Task.objects.created_by(ada).get()

    assert (task.verbose_name, task.run_at, task.repeat) == ("Note", row.run_at, 0)
    assert "It has failed 3 of these times there; here the count begins anew." in told


def test_a_task_of_ours_is_a_schedule_and_what_that_cannot_say_is_told(write):
    from tasks_core import registry

    ada = User.objects.create(username="ada")
    write(registry.resolve(OURS), 7, repeat=3600, verbose_name="Seven", creator=ada)

    [found] = source.read(origin()).schedules

    assert found.keep is None
    assert (
        f"no place for its verbose_name 'Seven' and its creator auth.User:{ada.pk}."
        in (found.notes[0])
    )


def test_a_renamed_one_is_kept_by_its_name_here(write, run):
    from tasks_core import registry

    write(registry.resolve(OURS), repeat=3600)

    with schedules.travel(NOW):
        run("--map", f"{OURS}={legacy_note.name}")

        assert Task.objects.get().task_name == legacy_note.name


def test_arguments_that_nobody_can_read_stop_no_other(write):
    for repeat in (0, 3600):
        row = write(legacy_note, repeat=repeat)
        row.task_params = "{"
        row.save()
    write(legacy_note, 1)

    found = source.read(origin())

    assert "Its task_params, '{', are not [list, object]" in found.schedules[0].refusal
    assert "Mend or delete row 1." in found.jobs[0].refusal
    assert found.jobs[1].refusal == ""


def test_the_last_run_of_what_ends_is_a_job(write):
    write(legacy_note, repeat=3600, repeat_until=NOW + HOUR / 2)

    found = source.read(origin())

    assert (found.schedules, len(found.jobs)) == ([], 1)
