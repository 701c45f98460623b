"""What follows a failure, and a due time while a run goes on: as there, and said."""

import pytest
from celery import Celery
from celery.schedules import crontab

from scheduler.importing import celery as source
from scheduler.importing import reviewing
from scheduler.importing.readings import Reading
from scheduler.triggers import Every
from tasks_core import task
from tests.scheduler.importing.places import origin

HERE = "tests.app.tasks.nothing"
app = Celery("imported", set_as_current=False)


@task(max_attempts=3)
def imported_with_attempts():
    pass


def entry(task, attempts):
    return reviewing.entry_of(
        Reading(key="tea", task=task, trigger=Every(hours=1), attempts=attempts)
    )


def test_a_run_is_tried_as_often_as_there():
    assert entry(HERE, 1)["max_attempts"] == 1
    assert entry(HERE, 4)["max_attempts"] == 4


def test_a_task_that_is_not_there_yet_is_tried_as_often_as_there():
    assert entry("proj.gone", 1)["max_attempts"] == 1


def test_what_the_task_says_of_its_attempts_holds():
    assert "max_attempts" not in entry(f"{__name__}.imported_with_attempts", 1)


def test_where_nothing_is_known_the_task_has_its_own():
    assert "max_attempts" not in entry(HERE, None)


def test_a_backend_that_knows_no_attempts_is_told_none(settings):
    settings.JOBS = {"default": {"BACKEND": "tasks_core.backends.django_tasks.DjangoTasksBackend"}}

    assert "max_attempts" not in entry(HERE, 1)


def test_celery_begins_a_run_beside_the_one_before_and_so_do_we():
    app.conf.beat_schedule = {"tea": {"task": HERE, "schedule": crontab(0, 9)}}

    found = source.read(origin(app=f"{__name__}:app"))

    made = reviewing.entry_of(found.schedules[0])
    assert (made["overlap"], made["max_attempts"]) == ("allow", 1)
    assert 'so here overlap="allow"' in found.notes[0]
    assert "not tried again there" in found.notes[1]


@pytest.mark.parametrize("word", ["overlap", "max_attempts"])
def test_without_a_word_it_would_be_otherwise_here(word):
    """The control: what a schedule here does that says nothing."""
    from scheduler.definitions.entry import declare
    from tasks_core import conf

    said = declare("tea", {"task": HERE, "every": 60}, source="database")

    usual = {"overlap": "skip", "max_attempts": None}
    assert getattr(said, word) == usual[word]
    assert conf.get("MAX_ATTEMPTS") > 1
