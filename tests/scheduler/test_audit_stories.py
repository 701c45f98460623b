"""Whatever is done to schedules, in whatever order: an audit finds everything in its place."""

import random
from contextlib import suppress
from datetime import timedelta

import pytest

from scheduler import operations
from scheduler.exceptions import SchedulerError
from scheduler.models import Maintenance, Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.questions.audit import audit
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock, drain
from tests.scheduler.places import MINUTE, at

pytestmark = pytest.mark.django_db

TASK = {"task": "tests.app.tasks.nothing"}
SAYS = [
    {"cron": "*/20 * * * *"},
    {"cron": "*/20 * * * *", "overlap": "queue_one"},
    {"cron": "*/20 * * * *", "overlap": "cancel_previous", "queue": "slow"},
    {"every": timedelta(minutes=7), "catch_up": "all", "overlap": "allow"},
    {"cron": "5 * * * *", "timezone": "Asia/Kolkata", "catch_up": "skip"},
    {"every": timedelta(minutes=11), "calendar": "closed"},
    {"cron": "0 */3 * * *", "calendar": "closed", "calendar_action": "next"},
    {"cron": "*/30 * * * *", "start_at": at(12), "end_at": at(20), "max_runs": 9},
    {"cron": "*/20 * * * *", "enabled": False},
    None,
]
CALENDARS = {"closed": {"windows": [("2026-03-10T10:00", "2026-03-10T12:00")]}}


class Life:
    """A site with two schedules, of which one comes and goes as ``story`` has it."""

    def __init__(self, story, clock):
        self.story, self.clock = story, clock
        self.declared = {"tea": SAYS[0], "coffee": SAYS[3]}

    def step(self):
        self.clock.advance(minutes=self.story.randrange(1, 50))
        verb = self.story.choice(VERBS)
        entries = {key: TASK | said for key, said in self.declared.items() if said}
        # An operator is told when something cannot be done.
        with only_declared(entries), suppress(SchedulerError):
            verb(self)

    def tick(self):
        scheduler = Scheduler()
        scheduler.synced = True
        scheduler.tick()

    def sync(self):
        sync(force=True)

    def work(self):
        drain()

    def redeclare(self):
        self.declared["tea"] = self.story.choice(SAYS)

    def pause(self):
        operations.pause("tea", until=self.story.choice([None, 45 * MINUTE]))

    def resume(self):
        operations.resume("tea", catch_up=self.story.choice(["drop", "latest", "all"]))

    def run(self):
        operations.run("tea")

    def backfill(self):
        operations.backfill("tea", since=at(6), until=self.clock.moment)

    def override(self):
        operations.override("tea", cron="*/15 * * * *")

    def restore(self):
        operations.restore("tea")

    def maintain(self):
        began_at = self.clock.moment
        Maintenance.objects.create(began_at=began_at, ended_at=began_at + 35 * MINUTE)

    def fail(self):
        row = Schedule.objects.filter(pk="tea", next_due_at__isnull=False)
        row.update(quarantined_at=self.clock.moment, next_due_at=None, error="boom", error_count=5)

    def release(self):
        operations.release("tea")


VERBS = [
    *[Life.tick] * 6,
    *[Life.sync] * 3,
    *[Life.redeclare] * 2,
    *[Life.work] * 3,
    *(Life.pause, Life.resume, Life.resume, Life.run, Life.backfill, Life.override, Life.restore),
    *(Life.maintain, Life.fail, Life.release, Life.release),
]


# A server takes five times as long for a story, and tells it the same.
MORE = [pytest.param(seed, marks=pytest.mark.vendor("sqlite")) for seed in range(4, 12)]


@pytest.mark.parametrize("seed", [*range(4), *MORE])
def test_everything_is_in_its_place(seed, settings):
    settings.SCHEDULER = {"CALENDARS": CALENDARS}
    with FrozenClock(at(6)) as clock:
        life = Life(random.Random(seed), clock)
        life.tick()
        for _ in range(60):
            life.step()

        report = audit()
        assert [str(fault) for fault in report.faults] == []
        assert min(report.jobs, report.skipped) > 5

        taken = (
            Occurrence.objects.filter(batch="", schedule_key="coffee").order_by("due_at").first()
        )
        taken.delete()
        assert audit().faults[0].due_at == taken.due_at
