"""A key is held by one unfinished job: what becomes of a second call that has it."""

import threading

import pytest
from django.db import transaction

from tasks_core import Call, JobState, background, task
from tasks_core.backends.database import held
from tasks_core.backends.database.settle import settle
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.outcomes import AttemptError, Errored
from tasks_core.signals import job_enqueued
from tasks_core.testing import FrozenClock
from tests.app.tasks import leave_effect, nothing
from tests.tasks_core.races import together
from tests.tasks_core.rows import HOUR, NOON, claim_one, make_job

pytestmark = pytest.mark.django_db


def replace(func=leave_effect, args=("milk",), **options):
    return background.enqueue(func, args, key="tea", on_conflict="replace", **options)


def test_a_held_key_keeps_its_job():
    first = background.enqueue(leave_effect, ["tea"], key="tea", label="first")
    second = background.enqueue(leave_effect, ["milk"], key="tea", label="second")

    assert second.id == first.id
    assert (fresh_args(first), Job.objects.get().label) == (["tea"], "first")


@task(key="report {number}")
def report(number, note=""):
    """Be written once for each number."""


def test_a_declared_key_may_name_arguments_of_the_call():
    first, second = report.enqueue(1), report.enqueue(number=2)
    again = background.enqueue(report, [1, "again"])

    assert (again.id, second.id) == (first.id, Job.objects.get(active_key="report 2").id)


def test_the_key_of_a_call_is_taken_as_it_is():
    background.enqueue(report, [1], key="{number} of {mont}")
    report.using(key="all {reports}").enqueue(1)

    assert {job.active_key for job in Job.objects.all()} == {"{number} of {mont}", "all {reports}"}


@pytest.mark.parametrize("key", ["report {numbr}", "report {number!r}", "report {"])
def test_a_declared_key_names_nothing_else(key):
    with pytest.raises(InvalidCall, match="the key 'report"):
        task(key=key)(report.func)


def fresh_args(result):
    return Job.objects.get(pk=result.id).args


def test_a_held_key_may_be_asked_to_give_its_job_to_the_newer_call():
    with FrozenClock(NOON):
        first = background.enqueue(nothing, key="tea", creator="ann", label="first")
        second = background.defer(
            leave_effect,
            ["milk"],
            {"n": 1},
            when=HOUR,
            key="tea",
            on_conflict="replace",
            priority=5,
            queue="mail",
            expires_at=2 * HOUR,
            label="second",
        )

    job = Job.objects.get()
    assert (second.id, second.status) == (first.id, JobState.SCHEDULED)
    assert (job.task, job.args, job.kwargs) == (
        "tests.app.tasks.leave_effect",
        ["milk"],
        {"n": 1},
    )
    assert (job.state, job.run_after, job.expires_at) == ("scheduled", NOON + HOUR, NOON + 2 * HOUR)
    assert (job.priority, job.queue, job.label) == (5, "mail", "second")
    assert (job.creator, job.enqueued_at) == ("ann", NOON)


def test_what_the_newer_call_does_not_say_is_back_at_its_default():
    background.defer(nothing, when=HOUR, key="tea", priority=5, expires_at=2 * HOUR, label="Tea")

    result = replace()

    job = Job.objects.get()
    assert (result.status, job.state) == (JobState.READY, JobState.READY)
    assert (job.priority, job.expires_at, job.label) == (0, None, "")


def test_a_replaced_job_begins_anew_and_remembers_what_happened():
    background.enqueue(nothing, key="tea", max_attempts=5)
    for _ in range(3):
        Job.rows.update(state=JobState.READY)
        error = AttemptError.of(RuntimeError("boom"))
        settle("default", [(claim_one(), Errored(error, retry_in=HOUR))], now=NOON)

    replace(max_attempts=2)

    job = Job.objects.get()
    assert (job.attempts, job.max_attempts, len(job.errors)) == (0, 2, 3)


def test_a_running_job_is_kept_as_it_is():
    first = background.enqueue(leave_effect, ["tea"], key="tea")
    claim_one()

    second = replace()

    assert (second.id, second.status) == (first.id, JobState.RUNNING)
    assert fresh_args(first) == ["tea"]


def test_a_job_that_is_claimed_while_it_is_replaced_is_kept_as_it_is(monkeypatch):
    first = background.enqueue(leave_effect, ["tea"], key="tea")
    # The claim comes after the job was found and before it is changed.
    monkeypatch.setattr(held, "keys_of", lambda jobs: claim_one() and set())

    second = replace()

    assert (second.id, second.status, fresh_args(first)) == (first.id, JobState.RUNNING, ["tea"])


def test_a_key_is_free_once_its_job_has_ended():
    ended = make_job(JobState.SUCCESSFUL)

    result = replace()

    assert result.id != ended.pk
    assert Job.objects.count() == 2


def test_a_key_that_becomes_free_between_two_statements_is_taken(monkeypatch):
    holder = background.enqueue(nothing, key="tea")

    def ended(alias, calls):
        Job.rows.filter(pk=holder.id).delete()
        return {}

    monkeypatch.setattr("tasks_core.backends.database.enqueue.holders", ended)
    result = background.enqueue(nothing, key="tea")

    assert result.id != holder.id
    assert Job.objects.get().pk == result.id


def test_a_replaced_job_is_not_signalled_as_a_new_one():
    told = []

    def listen(result, **kwargs):
        told.append(result.id)

    job_enqueued.connect(listen)
    first = background.enqueue(nothing, key="tea")
    replace()
    job_enqueued.disconnect(listen)

    assert told == [first.id]


def test_a_second_key_in_one_call_of_many_is_the_first_ones_job():
    keys = ["tea", "milk", "tea", None, "milk"]

    tea, milk, again, other, milk_again = background.enqueue_many(
        [Call(nothing, key=key) for key in keys]
    )

    assert (again.id, milk_again.id) == (tea.id, milk.id)
    assert len({tea.id, milk.id, other.id}) == Job.objects.count() == 3


def test_a_second_key_in_one_call_of_many_may_replace_what_the_first_says():
    calls = [Call(leave_effect, [number], key="tea", on_conflict="replace") for number in range(3)]

    results = background.enqueue_many(calls)

    assert len({result.id for result in results}) == 1
    assert Job.objects.get().args == [2]


def test_replacing_inside_a_transaction_is_undone_with_it():
    first = background.enqueue(leave_effect, ["tea"], key="tea")

    with transaction.atomic():
        replace()
        transaction.set_rollback(True)

    assert fresh_args(first) == ["tea"]


THREADS = 64


@pytest.mark.django_db(transaction=True)
def test_of_64_threads_with_one_key_one_stores_a_job():
    results = together(THREADS, lambda number: background.enqueue(nothing, key="tea"))

    assert len({result.id for result in results}) == 1
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_64_threads_that_replace_each_others_job_one_has_the_last_word():
    def store(number):
        return background.enqueue(leave_effect, [number], key="tea", on_conflict="replace")

    results = together(THREADS, store)

    [job] = Job.objects.all()
    assert {result.id for result in results} == {job.pk}
    assert job.args[0] in range(THREADS)


@pytest.mark.django_db(transaction=True)
def test_looking_before_storing_is_not_enough():
    """The negative control: who all looked before one stored all store a job."""
    all_have_looked = threading.Barrier(8)

    def store(number):
        is_free = not Job.objects.filter(label="tea").exists()
        all_have_looked.wait(60)
        if is_free:
            background.enqueue(nothing, label="tea")

    together(8, store)

    assert Job.objects.filter(label="tea").count() == 8
