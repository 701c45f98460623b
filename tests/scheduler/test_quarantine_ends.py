"""A schedule in quarantine can be mended: by a deploy, in the admin, or by taking it away."""

import pytest

from scheduler import operations
from scheduler.models import Schedule
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock
from tests.scheduler.admin_pages import in_database
from tests.scheduler.places import at, declare, ledger

pytestmark = pytest.mark.django_db


def quarantine():
    Schedule.objects.update(quarantined_at=at(8), error="sour", next_due_at=None)


@pytest.fixture
def own():
    with FrozenClock(at(8)):
        in_database()
    quarantine()


@pytest.fixture
def declared():
    declare(at(8))
    quarantine()


def test_another_trigger_ends_it_and_what_was_missed_is_decided(own):
    with FrozenClock(at(9, 30)):
        operations.change("tea", cron="15 * * * *", user="ada")

    row = Schedule.objects.get()
    assert (row.quarantined_at, row.error, row.next_due_at) == (None, "", at(10, 15))
    assert ledger() == [(at(9), "enqueued")]


def test_it_can_be_deleted(own):
    with FrozenClock(at(9, 30)):
        operations.delete("tea", user="ada")

    assert not Schedule.objects.exists()
    assert ledger() == [(at(9), "enqueued")]


def test_a_deploy_with_another_trigger_ends_it(declared):
    declare(at(9, 30), cron="15 * * * *")

    row = Schedule.objects.get()
    assert (row.quarantined_at, row.next_due_at) == (None, at(10, 15))


def test_a_deploy_without_it_retires_it(declared):
    with only_declared({}), FrozenClock(at(9, 30)):
        sync()

    row = Schedule.objects.get()
    assert (row.retired_at, row.next_due_at) == (at(9, 30), None)


def test_what_still_fails_is_recorded_as_an_error(own):
    Schedule.objects.update(task="gone.tasks.away")

    with FrozenClock(at(9, 30)):
        operations.change("tea", task="tests.app.tasks.nothing", cron="15 * * * *", user="ada")

    assert ledger() == [(at(9), "error")]
