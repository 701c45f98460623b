"""Moments, and rows as a project's declarations make them."""

from datetime import UTC, datetime, timedelta

from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock

DAY = datetime(2026, 3, 10, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def at(hour, minute=0, second=0, *, days=0):
    return DAY + timedelta(days=days, hours=hour, minutes=minute, seconds=second)


def ledger(key="tea"):
    """Return what the ledger says of a schedule, oldest first, in a few words each."""
    rows = Occurrence.objects.filter(schedule_key=key).order_by("due_at")
    return [(row.due_at, row.reason or row.outcome) for row in rows]


def declare(moment, **options):
    """Synchronise one schedule called tea as it is at ``moment``, and return its row."""
    options = {"task": "tests.app.tasks.nothing", "cron": "0 * * * *", **options}
    if {"every", "at", "trigger"}.intersection(options):
        del options["cron"]
    with only_declared({"tea": options}), FrozenClock(moment):
        scheduler = Scheduler()
        scheduler.run_once()
    return Schedule.objects.get(key="tea")


def tick(moment, **options):
    """Let one scheduler, started long ago, look at what is due at ``moment``."""
    with only_declared(), FrozenClock(moment):
        scheduler = Scheduler()
        scheduler.synced = True
        return scheduler.tick()
