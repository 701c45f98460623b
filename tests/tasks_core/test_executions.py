"""Telling a running job to stop: where the exception arrives, and where it never does."""

import asyncio
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tasks_core.attempts import Attempt
from tasks_core.exceptions import JobCancelled, TimeLimitExceeded
from tasks_core.ids import job_id
from tasks_core.outcomes import Cancelled, Errored, Succeeded
from tasks_core.processes.worker.executions import Execution

HERE = __name__
began = threading.Event()
goes_on = threading.Event()


def spin():
    """Run until told; between any two of its instructions an exception may arrive."""
    began.set()
    while not goes_on.is_set():
        pass
    return "unharmed"


def deny():
    try:
        spin()
    except Exception:  # noqa: BLE001 - what many tasks do
        return "denied"


def tea():
    return "tea"


async def rest():
    began.set()
    await asyncio.sleep(60)


async def rest_and_tidy_up():
    try:
        await rest()
    finally:
        goes_on.set()


@pytest.fixture(autouse=True)
def fresh():
    began.clear()
    goes_on.clear()
    yield
    goes_on.set()


def execution(function, **options):
    return Execution(Attempt(job_id=job_id(), task=f"{HERE}.{function.__name__}", **options))


@pytest.fixture
def threads():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def begun(threads, execution, *, run=Execution.run):
    future = threads.submit(run, execution)
    assert began.wait(60)
    return future


def test_a_job_over_its_time_is_told_and_will_be_retried(threads):
    job = execution(spin, max_attempts=2)
    future = begun(threads, job)

    assert job.tell(TimeLimitExceeded)

    outcome = future.result(60)
    assert isinstance(outcome, Errored)
    assert (outcome.reason, outcome.retry_in is not None) == ("timeout", True)
    assert outcome.error.message == "the job ran longer than its timeout"
    assert "in spin" in outcome.error.traceback


def test_a_cancelled_job_ends_as_cancelled(threads):
    job = execution(spin)
    future = begun(threads, job)

    assert job.tell(JobCancelled)

    assert future.result(60) == Cancelled("cancelled")


def test_it_is_told_once(threads):
    job = execution(spin)
    future = begun(threads, job)

    assert [job.tell(JobCancelled), job.tell(TimeLimitExceeded)] == [True, False]

    assert future.result(60) == Cancelled("cancelled")


def test_a_task_may_end_well_although_it_was_told(threads):
    job = execution(deny)
    future = begun(threads, job)

    job.tell(TimeLimitExceeded)

    assert future.result(60) == Succeeded("denied")


def test_who_runs_no_code_cannot_be_told(threads):
    job = execution(tea)
    assert not job.tell(JobCancelled)

    assert job.run() == Succeeded("tea")

    assert not job.tell(JobCancelled)


def arun(execution):
    return asyncio.run(execution.arun())


def test_a_coroutine_is_cancelled_and_tidies_up(threads):
    job = execution(rest_and_tidy_up)
    future = begun(threads, job, run=arun)

    assert job.tell(TimeLimitExceeded)

    outcome = future.result(60)
    assert (outcome.reason, outcome.error.message) == (
        "timeout",
        "the job ran longer than its timeout",
    )
    assert goes_on.is_set()


def test_a_cancelled_coroutine_ends_as_cancelled(threads):
    job = execution(rest)
    future = begun(threads, job, run=arun)

    job.tell(JobCancelled)

    assert future.result(60) == Cancelled("cancelled")


def test_a_coroutine_that_was_not_told_and_is_cancelled_has_failed(threads):
    outcome = arun(execution(cancel_myself))

    assert isinstance(outcome, Errored)
    assert outcome.reason == "error"


async def cancel_myself():
    raise asyncio.CancelledError


class Outside:
    """Executions that all end at about the moment when they are told, and what hit our code."""

    def __init__(self, kind):
        self.kind = kind
        self.current = None
        self.hits = []
        self.told = 0

    def run(self, times):
        try:
            self._run(times)
        except (TimeLimitExceeded, JobCancelled) as error:  # between two executions, or in a catch
            self.hits.append(error)

    def _run(self, times):
        while self.told < times:
            try:
                self.current = self.kind(
                    Attempt(job_id=job_id(), task=f"{HERE}.tea", max_attempts=2)
                )
                outcome = self.current.run()
                sum(range(50))
                if isinstance(outcome, Errored) and self.current.told is None:
                    self.hits.append(outcome)  # it was meant for the one before
            except (TimeLimitExceeded, JobCancelled) as error:
                self.hits.append(error)

    def tell(self):
        if self.current is not None:
            self.told += self.current.tell(TimeLimitExceeded)


class Careless(Execution):
    """The control: who tells looks, is put aside for a moment, and sends; nobody takes it back."""

    def __init__(self, attempt):
        super().__init__(attempt)
        self.over = threading.Event()

    def tell(self, reason):
        stop, told = self._stop, self.told
        if stop is None or told is not None:
            return False
        self.told = reason
        self.over.wait(10)
        stop(reason)
        return True

    def _close(self, thread):
        self._stop = None
        self.over.set()


@pytest.mark.parametrize(
    ("kind", "times", "is_safe"), [(Execution, 300, True), (Careless, 30, False)]
)
# What arrives in a finalizer, or as the control's thread ends, is told to nobody else.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_no_exception_arrives_when_the_job_has_ended(kind, times, is_safe):
    outside = Outside(kind)
    runs = threading.Thread(target=outside.run, args=(times,), daemon=True)
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)  # threads change as often as they can
    try:
        runs.start()
        while runs.is_alive():
            outside.tell()
    finally:
        sys.setswitchinterval(before)

    assert (outside.hits == []) is is_safe
