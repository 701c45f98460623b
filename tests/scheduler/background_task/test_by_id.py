"""A question for tasks by their ids looks at no others, and answers as if it had."""

from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import F, Q
from django.test.utils import CaptureQueriesContext

from scheduler.contrib.background_task.models import CompletedTask, Task
from scheduler.contrib.background_task.tasks import tasks
from scheduler.turn.batches import materialise_due
from tests.scheduler.background_task.places import legacy_note
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db


@pytest.fixture
def three():
    """Return a task, one that repeats and is due, and one that repeats and is not."""
    made = legacy_note(1), legacy_note(2, repeat=Task.DAILY)
    materialise_due(limit=9)
    later = legacy_note(3, repeat=Task.DAILY, schedule=at(9).replace(year=2100))
    return *made, later


def test_each_is_found(three):
    for task in three:
        assert Task.objects.get(pk=task.pk).params() == task.params()
        assert Task.objects.filter(Q(id=task.pk), queue=None).count() == 1
        assert not Task.objects.filter(pk=task.pk, queue="legacy_mail").exists()
    assert Task.objects.filter(pk__in=[each.pk for each in three]).count() == 3


def test_the_job_of_one_that_repeats_has_its_id(three):
    repeats = Task.objects.get(pk=three[1].pk)

    assert not Task.objects.filter(pk=repeats.job_id).exists()
    assert Task.objects.filter(pk__in=[repeats.pk, repeats.job_id]).count() == 1
    assert Task.objects.of_jobs([repeats.job_id]).get(pk=repeats.pk) == repeats


def test_what_is_said_beside_an_id_is_not_lost(three):
    one, two, _later = three

    assert Task.objects.filter(Q(pk=one.pk) | Q(pk=two.pk)).count() == 2
    assert Task.objects.exclude(pk=one.pk).count() == 2
    assert Task.objects.filter(pk=F("job_id")).get() == one
    assert Task.objects.filter(pk__in=[F("job_id"), two.pk]).count() == 2
    assert Task.objects.filter(pk__in=Task.objects.filter(repeat=0).values("pk")).get() == one
    assert Task.objects.filter(pk__in=[one.pk, *(uuid4() for _ in range(900))]).get() == one
    assert not Task.objects.filter(pk=None).exists()
    assert not Task.objects.filter(pk__in=[]).exists()


def test_what_has_ended_is_found(three):
    while tasks.run_next_task():
        pass
    one, two = CompletedTask.objects.order_by("run_at")

    assert CompletedTask.objects.get(pk=one.pk) == one
    assert CompletedTask.objects.filter(pk__in=[one.pk, two.pk]).count() == 2
    assert Task.objects.filter(pk__in=[each.pk for each in three]).count() == 2


@pytest.mark.parametrize(
    "ask",
    [
        lambda task: Task.objects.get(pk=task.pk),
        Task.refresh_from_db,
        lambda task: Task.objects.filter(pk__in=[task.pk]).count(),
        lambda task: CompletedTask.objects.filter(pk=task.pk).first(),
    ],
)
def test_the_tables_are_told_which(ask):
    task = legacy_note(1)

    with CaptureQueriesContext(connection) as asked:
        ask(task)

    [query] = asked.captured_queries
    sql = query["sql"].replace("-", "")
    # Beside what stands after the statement: in it, where an index knows the id.
    assert sql.rindex(" UNION ALL " if " UNION ALL " in sql else ")") > sql.index(task.pk.hex)
