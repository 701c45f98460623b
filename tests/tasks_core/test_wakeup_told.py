"""Whatever makes jobs claimable, or changes when they will be, tells the workers."""

from datetime import timedelta

import pytest
from django.db import transaction

from tasks_core import JobState, background, clock, job_backends
from tasks_core.attempts import Attempt
from tasks_core.backends.database.wakeup import telling as wakeup
from tasks_core.backends.database.wakeup.telling import CANCEL, DEFERRED, EVERYTHING
from tasks_core.calls import Call
from tasks_core.models import Job
from tasks_core.outcomes import AttemptError, Errored, Snoozed, Succeeded
from tests.app.tasks import nothing
from tests.tasks_core.notifications import listening
from tests.tasks_core.rows import DEAD, HOUR, make_job, make_process

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.vendor("postgresql")]

ERRED = Errored(
    AttemptError(exception="builtins.OSError", message="", traceback=""),
    retry_in=timedelta(seconds=1),
)


@pytest.fixture(autouse=True)
def _nothing_was_sent():
    wakeup._sent.clear()


@pytest.fixture
def ear():
    with listening() as ear:
        yield ear


@pytest.fixture
def backend():
    return job_backends["default"]


def test_enqueue(ear):
    background.enqueue(nothing, queue="tea")

    assert ear.heard() == ["tea"]


def test_enqueue_in_a_transaction_that_is_undone(ear):
    with transaction.atomic():
        background.enqueue(nothing, queue="tea")
        transaction.set_rollback(True)

    assert ear.heard() == []


def test_enqueue_in_a_transaction(ear):
    with transaction.atomic():
        background.enqueue(nothing, queue="tea")
        background.enqueue(nothing, queue="tea")
        assert ear.heard() == []

    assert ear.heard() == ["tea"]


def test_a_thousand_single_enqueues(ear):
    began = clock.monotonic()
    for _ in range(1000):
        background.enqueue(nothing, queue="tea")
    lasted = clock.monotonic() - began

    told = ear.heard()
    assert set(told) == {"tea"}
    assert len(told) <= 1 + lasted / wakeup.INTERVAL
    assert len(told) < 1000


def test_enqueue_many(ear):
    background.enqueue_many([Call(nothing, queue=queue) for queue in ("tea", "coffee", "tea")])

    assert sorted(ear.heard()) == ["coffee", "tea"]


def test_defer(ear):
    background.defer(nothing, when=timedelta(hours=1), queue="tea")

    assert DEFERRED in ear.heard()


def test_a_call_with_a_rate_that_must_wait(ear):
    for _ in range(2):
        background.enqueue(nothing, queue="tea", rate="1/h")

    assert DEFERRED in ear.heard()


def test_dispatch(ear, backend):
    make_job(JobState.SCHEDULED, run_after=clock.db_now() - HOUR, queue="tea")

    backend.dispatch()

    assert ear.heard() == ["tea"]


def test_retry(ear, backend):
    backend.retry([make_job(JobState.FAILED).pk])

    assert ear.heard() == [EVERYTHING]


def test_reschedule(ear, backend):
    backend.reschedule([make_job(JobState.SCHEDULED).pk], when=clock.db_now())

    assert ear.heard() == [EVERYTHING]


def test_resume(ear, backend):
    backend.pause_queue("tea")
    assert ear.heard() == []

    backend.resume_queue("tea")

    assert ear.heard() == [EVERYTHING]


def test_release(ear, backend):
    job = make_job(JobState.READY)
    [attempt] = backend.claim(owner=make_process().pk, limit=1)

    assert isinstance(attempt, Attempt)
    assert backend.release([attempt]) == 1

    assert ear.heard() == [EVERYTHING]
    assert Job.objects.get(pk=job.pk).state == JobState.READY


def test_rescue(ear, backend):
    make_job(JobState.RUNNING, claimed_by=make_process(lease=DEAD))

    assert backend.rescue() == 1

    assert ear.heard() == [EVERYTHING]


@pytest.mark.parametrize("outcome", [Snoozed(timedelta(seconds=1)), ERRED], ids=["snooze", "error"])
def test_an_attempt_that_is_followed_by_another(ear, backend, outcome):
    make_job(JobState.READY, max_attempts=2)
    claimed = backend.claim(owner=make_process().pk, limit=1)

    assert backend.settle([(attempt, outcome) for attempt in claimed]) == [JobState.SCHEDULED]

    assert ear.heard() == [DEFERRED]


def test_an_attempt_that_is_the_last(ear, backend):
    make_job(JobState.READY)
    claimed = backend.claim(owner=make_process().pk, limit=1)

    assert backend.settle([(attempt, Succeeded(None)) for attempt in claimed])

    assert ear.heard() == []


def test_a_burial(ear, backend):
    process = make_process()
    make_job(JobState.RUNNING, claimed_by=process)

    assert backend.bury(process.pk, [], {}) == 0  # given back uncounted

    assert ear.heard() == [EVERYTHING]


def test_a_wish_to_stop_what_runs(ear, backend):
    process = make_process()
    job = make_job(JobState.RUNNING, claimed_by=process)

    backend.cancel([job.pk])

    assert ear.heard() == [f"{CANCEL}{process.pk}"]


def test_what_moves_nothing_claimable_tells_nobody(ear, backend):
    backend.cancel([make_job(JobState.READY).pk])
    backend.pause_queue("tea")
    backend.dispatch()

    assert ear.heard() == []
