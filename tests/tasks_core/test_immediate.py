"""In-band: the default, and no surprise."""

import logging

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Permission
from django.db import IntegrityError, transaction

from tasks_core import Call, JobState, Snooze, background, job_backends, task
from tasks_core.backends.immediate import ImmediateBackend
from tasks_core.exceptions import UnsupportedFeature
from tasks_core.models import Job
from tests.app.models import Effect
from tests.app.tasks import explode, leave_effect
from tests.tasks_core.rows import HOUR, NOON

pytestmark = pytest.mark.django_db

IMMEDIATE = {"BACKEND": "tasks_core.backends.immediate.ImmediateBackend"}
TAKEN = 1_000_000  # a primary key that no sequence reaches
seen = []


@pytest.fixture(autouse=True)
def _immediate(settings):
    settings.JOBS = IMMEDIATE
    seen.clear()


def look(value):
    seen.append(value)
    return (1, 2)


def leave_and_raise(error):
    Effect.objects.create(name="half")
    raise {"runtime": RuntimeError("boom"), "exit": SystemExit(3)}[error]


def nest():
    background.enqueue(leave_and_raise, ["runtime"])
    background.enqueue(leave_effect, ["inner"])
    return "outer"


def snooze():
    raise Snooze(60)


async def look_later(value):
    return look(value)


@task(takes_context=True)
def number_of_attempt(context):
    return context.attempt


def test_it_is_the_default_when_jobs_is_not_set(settings):
    del settings.JOBS

    assert isinstance(job_backends["default"], ImmediateBackend)
    assert background.enqueue(look, [1]).status == JobState.SUCCESSFUL


def test_the_job_has_run_when_the_call_returns():
    result = background.enqueue(look, ["tea"])

    assert seen == ["tea"]
    assert (result.status, result.attempts, result.is_finished) == (JobState.SUCCESSFUL, 1, True)
    assert not Job.objects.exists()


def test_arguments_and_value_make_the_round_trip_through_json():
    result = background.enqueue(look, [{"a": (1,)}])

    assert seen == [{"a": [1]}]
    assert result.return_value == [1, 2]


@pytest.mark.parametrize("error", ["runtime", "exit"])
def test_an_error_ends_on_the_result_and_its_effects_are_undone(error):
    Effect.objects.create(name="before")

    result = background.enqueue(leave_and_raise, [error])

    assert (result.status, result.reason) == (JobState.FAILED, "error")
    assert "leave_and_raise" in result.errors[0].traceback
    assert list(Effect.objects.values_list("name", flat=True)) == ["before"]


def interrupt():
    Effect.objects.create(name="half")
    raise KeyboardInterrupt


def test_an_interrupt_reaches_the_caller_and_the_effects_are_undone():
    with pytest.raises(KeyboardInterrupt):
        background.enqueue(interrupt)

    assert not Effect.objects.exists()


def promise_too_much():
    Effect.objects.create(name="kept")
    transaction.on_commit(explode)


def leave_an_orphan():
    Permission.objects.create(content_type_id=987_654, codename="orphan")


@pytest.mark.django_db(transaction=True)
def test_what_a_callback_raises_at_the_commit_ends_on_the_result():
    result = background.enqueue(promise_too_much)

    assert (result.status, result.reason) == (JobState.FAILED, "error")
    assert result.errors[0].message == "boom"
    assert Effect.objects.get().name == "kept"  # the commit itself was done


@pytest.mark.vendor("sqlite", "postgresql")  # MySQL and MariaDB defer no constraint
@pytest.mark.django_db(transaction=True)
def test_what_the_database_refuses_at_the_commit_ends_on_the_result():
    result = background.enqueue(leave_an_orphan)

    assert result.status == JobState.FAILED
    assert "IntegrityError" in result.errors[0].exception
    assert not Permission.objects.filter(codename="orphan").exists()


@pytest.mark.django_db(transaction=True)
def test_on_demand_that_is_raised_too(settings):
    settings.JOBS = IMMEDIATE | {"OPTIONS": {"raise": True}}

    with pytest.raises(RuntimeError, match="boom"):
        background.enqueue(promise_too_much)


def test_an_error_is_logged(caplog):
    with caplog.at_level(logging.ERROR, "tasks_core"):
        background.enqueue(explode)

    assert "failed: builtins.RuntimeError 'boom'" in caplog.text


def test_on_demand_the_error_is_raised_to_the_caller(settings):
    settings.JOBS = IMMEDIATE | {"OPTIONS": {"raise": True}}

    with pytest.raises(RuntimeError, match="boom"):
        background.enqueue(leave_and_raise, ["runtime"])

    assert not Effect.objects.exists()


def test_the_callers_transaction_survives_a_database_error():
    with transaction.atomic():
        Effect.objects.create(pk=TAKEN, name="before")
        result = background.enqueue(collide)
        Effect.objects.create(name="after")

    assert result.status == JobState.FAILED
    assert Effect.objects.count() == 2


def collide():
    Effect.objects.create(pk=TAKEN, name="again")


def test_the_error_of_a_collision_is_the_databases():
    with pytest.raises(IntegrityError), transaction.atomic():
        collide()
        collide()


def test_a_job_inside_a_job_has_a_savepoint_of_its_own():
    assert background.enqueue(nest).return_value == "outer"

    assert list(Effect.objects.values_list("name", flat=True)) == ["inner"]


def test_a_coroutine_runs_too():
    assert background.enqueue(look_later, ["tea"]).return_value == [1, 2]


def test_the_asynchronous_twin_runs_it_too():
    result = async_to_sync(background.aenqueue)(look, ["tea"])

    assert (result.status, seen) == (JobState.SUCCESSFUL, ["tea"])


def test_a_task_that_asks_is_given_its_context():
    assert background.enqueue(number_of_attempt).return_value == 1


def test_there_is_no_later_to_snooze_to():
    result = background.enqueue(snooze)

    assert (result.status, result.reason) == (JobState.CANCELLED, "snoozed in-band")


def test_an_expired_call_does_not_run():
    result = background.enqueue(look, [1], expires_at=NOON.replace(year=2000))

    assert (result.status, result.reason, seen) == (JobState.CANCELLED, "expired", [])


def test_options_that_change_nothing_in_band_are_accepted():
    options = {"priority": 5, "queue": "mail", "key": "k", "max_attempts": 2, "label": "Tea"}
    options |= {"on_conflict": "replace", "concurrency": ("tea", 1), "rate": "1/m"}

    assert background.enqueue(look, [1], **options).is_finished


def test_nothing_can_be_deferred_and_the_refusal_names_the_backend():
    with pytest.raises(UnsupportedFeature, match=r"ImmediateBackend \('default' in JOBS\)"):
        background.defer(look, [1], when=HOUR)
    with pytest.raises(UnsupportedFeature, match="cannot defer"):
        background.enqueue_many([Call(look, [1]), Call(look, [2], when=HOUR)])
    assert seen == []


def test_its_results_cannot_be_read_again():
    with pytest.raises(UnsupportedFeature, match="keeps no results"):
        background.enqueue(look, [1]).refresh()
