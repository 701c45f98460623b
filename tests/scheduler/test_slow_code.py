"""Code of one schedule that keeps the database waiting until it cuts everybody off."""

import pytest
from django.db import OperationalError, connection, connections

from scheduler.models import Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from scheduler.turn import times
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at, ledger

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.vendor("postgresql")]


def until_cut_off():
    """Do as the server does with who is idle in a transaction for too long."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (mine,) = cursor.fetchone()
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 1000)", [mine])
    other.close()
    return []


KITCHEN = {
    "slow": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *", "args": until_cut_off},
    "tea": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"},
}


def test_it_is_set_back_and_the_others_keep_their_time(monkeypatch):
    monkeypatch.setattr(times, "PATIENCE", 0.0)
    with only_declared(KITCHEN), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9))
        scheduler.drain(batches=2)

    slow = Schedule.objects.get(key="slow")
    assert ledger("tea") == [(at(9), "enqueued")]
    assert ledger("slow") == []
    assert "its own code (trigger, enabled=, args= or kwargs=) took" in slow.error
    assert (slow.watermark, slow.next_due_at) == (at(8), at(9, 0, 30))


def test_without_patience_that_ends_it_would_stop_them_all(monkeypatch):
    monkeypatch.setattr(times, "PATIENCE", 1e9)
    with only_declared(KITCHEN), FrozenClock(at(8)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        clock.move_to(at(9))
        for _ in range(2):
            with pytest.raises(OperationalError):
                scheduler.drain(batches=2)

    assert ledger("tea") == []
