"""Schedules whose jobs are in Redis: one job for each due time, whoever hands it over again."""

import pytest

from scheduler import upkeep
from scheduler.models import Occurrence
from tasks_core import JobState, ids, job_backends
from tasks_core.models import Outbox
from tasks_core.states import FINAL
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import at, declare, tick
from tests.tasks_core.redis_keys import empty, server

pytestmark = pytest.mark.django_db(transaction=True)

IN_REDIS = {"backend": "redis"}


@pytest.fixture(autouse=True)
def no_keys():
    empty()


def handed_over(moment):
    with FrozenClock(moment):
        return upkeep.sweep()


def jobs():
    where = server()
    waiting = where.client.zcard(where.key("ready", "default"))
    return waiting + sum(where.client.zcard(where.key("ended", state.value)) for state in FINAL)


@pytest.mark.parametrize("has_run", [False, True])
def test_a_crash_after_the_hand_over_makes_no_second_job(has_run):
    declare(at(8), **IN_REDIS)
    tick(at(9))
    [row] = Outbox.objects.all()
    assert handed_over(at(9)) == 1
    if has_run:
        drain("redis")
    row.save(force_insert=True)  # as if its process had died before it forgot the row

    assert handed_over(at(9, 1)) == 1
    assert (jobs(), Outbox.objects.count()) == (1, 0)
    assert drain("redis") == [] if has_run else len(drain("redis")) == 1


def test_an_id_is_refused_also_when_its_job_is_gone():
    declare(at(8), **IN_REDIS)
    tick(at(9))
    [row] = Outbox.objects.all()
    handed_over(at(9))
    drain("redis")
    job_backends["redis"].delete([row.pk])
    row.save(force_insert=True)

    assert handed_over(at(9, 1)) == 1
    assert (jobs(), drain("redis")) == (0, [])


def test_without_the_id_there_would_be_a_second_one():
    declare(at(8), **IN_REDIS)
    tick(at(9))
    [row] = Outbox.objects.all()
    handed_over(at(9))
    row.pk = ids.job_id()
    row.save(force_insert=True)

    handed_over(at(9, 1))
    assert jobs() == 2


def test_how_the_job_ended_is_in_the_ledger():
    declare(at(8), **IN_REDIS)
    tick(at(9))
    handed_over(at(9))

    with FrozenClock(at(9, 1)):
        drain("redis")
        upkeep.sweep()

    assert Occurrence.objects.get().job_state == JobState.SUCCESSFUL
