"""A paused queue: its jobs wait, and everything else goes on."""

import pytest
from django.db import connection

from tasks_core import background, job_backends
from tasks_core.backends.database.pause import pause, paused, resume
from tasks_core.backends.database.prune import prune_keys
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job, Queue
from tasks_core.signals import queue_paused, queue_resumed
from tasks_core.states import JobState
from tasks_core.testing import drain
from tests.app.tasks import leave_effect, nothing
from tests.tasks_core.races import together
from tests.tasks_core.rows import NOON, fresh, make_job, make_process

pytestmark = pytest.mark.django_db


@pytest.fixture
def backend():
    return job_backends["default"]


def test_no_job_of_a_paused_queue_is_claimed(backend):
    [resting, free] = (make_job(queue=name) for name in ("mail", "other"))
    backend.pause_queue("mail")
    owner = make_process().pk

    found = [
        attempt.job_id
        for queues in (None, ["mail"], ["mail", "other"])
        for attempt in backend.claim(owner=owner, limit=5, queues=queues)
    ]

    assert found == [free.pk]
    assert fresh(resting).state == JobState.READY


def test_a_resumed_queue_goes_on_with_what_was_stored_meanwhile(backend):
    backend.pause_queue("mail")
    result = background.enqueue(leave_effect, ["tea"], queue="mail")
    drain()
    result.refresh()
    assert result.status == JobState.READY

    backend.resume_queue("mail")
    drain()
    result.refresh()
    assert result.status == JobState.SUCCESSFUL


def test_a_running_job_goes_on(backend):
    make_job(queue="mail")
    [attempt] = backend.claim(owner=make_process().pk, limit=1)

    backend.pause_queue("mail")

    assert fresh(attempt).state == JobState.RUNNING


def test_who_pauses_and_why_is_kept_and_the_second_one_is_told():
    assert pause("default", "mail", now=NOON, by="ann", reason="the server moves")
    assert not pause("default", "mail", now=NOON, by="bob")

    row = Queue.objects.get()
    assert (row.paused_at, row.paused_by, row.reason) == (NOON, "ann", "the server moves")
    assert paused("default") == {"mail"}


def test_what_was_not_paused_is_not_resumed():
    assert not resume("default", "mail")

    pause("default", "mail", now=NOON)

    assert resume("default", "mail")
    assert not resume("default", "mail")
    assert paused("default") == frozenset()


@pytest.mark.django_db(transaction=True)
@pytest.mark.vendor("postgresql", "mysql")
def test_a_queue_is_not_forgotten_while_somebody_pauses_it():
    pause("default", "mail", now=NOON)
    resume("default", "mail")

    def forget_first(execute, sql, *rest):
        if sql.startswith("UPDATE"):
            together(1, lambda _: prune_keys("default", now=NOON))
        return execute(sql, *rest)

    with connection.execute_wrapper(forget_first):
        assert pause("default", "mail", now=NOON) is True

    assert paused("default") == {"mail"}


def test_what_people_write_fits_into_the_table():
    pause("default", "mail", now=NOON, by="\0" * 300, reason="\ud800" * 300)

    row = Queue.objects.get()
    assert len(row.paused_by) <= 255
    assert len(row.reason) <= 255


@pytest.mark.parametrize("name", ["", "a,b", " mail", "x" * 65])
def test_a_queue_that_no_job_can_have_is_not_paused(backend, name):
    with pytest.raises(InvalidCall):
        backend.pause_queue(name)


def test_everybody_is_told_once(backend, caplog):
    told = []

    def listen(signal, **kwargs):
        told.append((kwargs["alias"], kwargs["queue"]))

    queue_paused.connect(listen)
    queue_resumed.connect(listen)
    with caplog.at_level("INFO", "tasks_core"):
        for _ in range(2):
            backend.pause_queue("mail", by="ann", reason="the server moves")
        for _ in range(2):
            backend.resume_queue("mail")

    assert told == [("default", "mail")] * 2
    assert "queue mail was paused by ann: the server moves" in caplog.text
    assert "queue mail goes on" in caplog.text


def test_case_makes_another_queue(backend):
    backend.pause_queue("mail")
    make_job(queue="Mail")

    assert len(backend.claim(owner=make_process().pk, limit=1)) == 1


def test_enqueueing_into_a_paused_queue_is_allowed(backend):
    backend.pause_queue("default")

    background.enqueue(nothing)

    assert Job.objects.filter(state=JobState.READY).count() == 1
