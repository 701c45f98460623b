"""The database refuses what the state table does not know."""

import pytest
from django.db import IntegrityError, transaction

from tasks_core.models import Job
from tasks_core.states import FINAL, JobState
from tests.tasks_core.rows import NOON, fields_of, make_job, make_process

pytestmark = pytest.mark.django_db

S = JobState


def refused(**fields):
    with transaction.atomic(), pytest.raises(IntegrityError) as caught, transaction.atomic():
        Job(**fields).save_base(force_insert=True)
    return str(caught.value)


@pytest.mark.parametrize("state", S)
def test_a_row_that_is_legal_in_its_state_is_stored(state):
    assert make_job(state).pk


@pytest.mark.parametrize("state", ["waiting", "", "retired", "Ready", "READY", "ready "])
def test_a_state_must_be_known(state):
    assert "job_state_is_known" in refused(**fields_of(S.READY) | {"state": state})


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_final_job_has_an_end(state):
    message = refused(**fields_of(state) | {"finished_at": None})

    assert "job_finished_exactly_when_final" in message


@pytest.mark.parametrize("state", [S.SCHEDULED, S.READY, S.RUNNING])
def test_an_unfinished_job_has_no_end(state):
    message = refused(**fields_of(state) | {"finished_at": NOON})

    assert "job_finished_exactly_when_final" in message


def test_a_running_job_has_an_owner():
    message = refused(**fields_of(S.RUNNING) | {"claimed_by": None})

    assert "job_owned_exactly_while_running" in message


@pytest.mark.parametrize("state", [state for state in S if state != S.RUNNING])
def test_any_other_job_has_none(state):
    message = refused(**fields_of(state) | {"claimed_by": make_process()})

    assert "job_owned_exactly_while_running" in message


def test_attempts_stay_within_the_maximum():
    message = refused(**fields_of(S.READY) | {"attempts": 4, "max_attempts": 3})

    assert "job_attempts_within_maximum" in message


@pytest.mark.parametrize("state", sorted(FINAL))
def test_a_final_job_holds_no_key(state):
    assert "job_key_free_when_final" in refused(**fields_of(state) | {"active_key": "tea"})


def test_a_key_is_held_once():
    make_job(active_key="tea")

    refused(**fields_of(S.SCHEDULED) | {"active_key": "tea"})


def test_keys_are_compared_byte_by_byte():
    for key in ("tea", "Tea", "tea ", "téa"):
        make_job(active_key=key)

    assert Job.objects.filter(active_key="tea").count() == 1


def test_queues_are_compared_byte_by_byte():
    for queue in ("mail", "Mail", "mail "):
        make_job(queue=queue)

    assert Job.objects.filter(queue="mail").count() == 1


def test_jobs_without_a_key_are_many():
    make_job()
    make_job()

    assert Job.objects.filter(active_key=None).count() == 2
