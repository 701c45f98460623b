"""Our calls in django-tasks-db, whose own worker runs them."""

import pytest
from django.db import IntegrityError

from tasks_core import Call, JobState, background, ids, job_backends, outbox
from tasks_core.models import Outbox
from tests.app import tasks as ours
from tests.app.models import Effect
from tests.joined import tasks_of_django
from tests.tasks_core.rows import HOUR

tasks = tasks_of_django()


pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
    pytest.mark.usefixtures("tasks_db"),
]


@pytest.fixture
def stored(tasks_db):
    return background.on("db")


def test_its_worker_runs_functions_tasks_of_ours_and_of_django(stored, db_worker):
    results = [
        stored.enqueue(ours.leave_effect, ["function"], {"milk": [1]}),
        stored.enqueue("tests.app.unlisted.brew", ["oolong"]),
        stored.enqueue(tasks.look, ["context"]),
        stored.enqueue(tasks.leave_later, ["coroutine"]),
        stored.enqueue(ours.explode),
    ]
    stored.defer(ours.leave_effect, ["later"], when=HOUR)

    db_worker()
    for result in results:
        result.refresh()

    *well, failed = results
    assert [result.status for result in well] == [JobState.SUCCESSFUL] * 4
    values = [result.return_value for result in well]
    assert values[:2] == ["function", "oolong, attempt 1"]
    assert (values[2][:2], values[3]) == (["context", 1], ["coroutine"])
    assert (failed.status, failed.attempts) == (JobState.FAILED, 1)
    assert failed.errors[0].exception == "builtins.RuntimeError"
    names = set(Effect.objects.values_list("name", flat=True))
    assert names == {"function", "coroutine"}


def test_a_snoozed_call_is_stored_again(stored, db_worker, tasks_db):
    stored.enqueue(ours.snooze_at_first, ["tea"])

    db_worker()

    assert Effect.objects.filter(name="tea").count() == 2
    assert set(tasks_db.objects.values_list("status", flat=True)) == {"SUCCESSFUL"}


def test_our_ids_are_its_ids(stored, tasks_db):
    pk = ids.job_id()
    backend = job_backends["db"]
    call = Call(ours.nothing, id=pk)

    [result] = stored.enqueue_many([call])

    assert result.id == pk == tasks_db.objects.get().pk
    assert backend.get(pk).status == JobState.READY
    assert set(backend.get_many([pk, ids.job_id()])) == {pk}
    with pytest.raises(IntegrityError):
        stored.enqueue_many([call])


def test_what_is_handed_over_twice_is_one_job(stored, tasks_db):
    result = stored.enqueue(ours.nothing, durable=True)
    assert (tasks_db.objects.get().pk, Outbox.objects.count()) == (result.id, 0)

    [put] = outbox.put(job_backends["db"], [_checked(ours.nothing, result.id)], at_once=False)
    assert outbox.sweep() == 1  # as if its process had died before it forgot the row

    assert put.id == tasks_db.objects.get().pk
    assert not Outbox.objects.exists()


def _checked(func, pk):
    from tasks_core import registry

    return Call(registry.find(func), id=pk).checked()
