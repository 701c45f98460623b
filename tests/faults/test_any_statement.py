"""A tick may die at any of its statements, and the next one makes it good."""

import pytest
from django.db import connection

from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db(transaction=True)


class Killed(BaseException):
    """What no except clause of ours may catch."""


class KillAt:
    """Lets ``number`` statements pass and none after them."""

    def __init__(self, number):
        self.left = number

    def __call__(self, execute, sql, params, *rest):
        self.left -= 1
        if self.left < 0:
            raise Killed
        return execute(sql, params, *rest)


def test_wherever_it_dies_each_due_time_is_decided_once():
    entry = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *", "overlap": "allow"}
    entries = {"latest": entry, "all": {**entry, "catch_up": "all"}}
    died, hour = 0, 0
    with only_declared(entries), FrozenClock(at(0)) as clock:
        scheduler = Scheduler()
        scheduler.run_once()
        for number in range(200):
            hour += 2
            clock.move_to(at(0, 0, 30) + (at(1) - at(0)) * hour)
            try:
                with connection.execute_wrapper(KillAt(number)):
                    scheduler.tick()
            except Killed:
                died += 1
                connection.close()
            else:
                break
            scheduler.tick()

    due = hour  # on the hour, for each of the two
    assert died >= 6  # statements in a tick
    assert Job.objects.count() == due + due // 2
    assert Occurrence.objects.filter(outcome="enqueued").count() == due + due // 2
    assert Occurrence.objects.filter(reason="coalesced").count() == due // 2
    assert {row.watermark for row in Schedule.objects.all()} == {clock.moment}
