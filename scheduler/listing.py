"""Schedules and their due times in the words of a terminal or of a script."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from scheduler import conf, declarations
from scheduler.due.dst import dst_note
from scheduler.exceptions import SchedulerError, UnknownSchedule
from scheduler.models import Schedule
from scheduler.triggers import Cron, Trigger, due_times, zone_of
from scheduler.turn.rebuild import trigger_of
from tasks_core.conf import did_you_mean
from tasks_core.presentation import ago

COLUMNS = ("key", "state", "when", "next", "relative", "task", "queue")
NEXT_COLUMNS = ("local", "utc", "relative", "note")
STATES = ("active", "paused", "failing", "quarantined", "disabled", "retired", "ended")


def line(row: Schedule, *, now: datetime) -> dict[str, Any]:
    """Return what a list of schedules tells about one."""
    due_at = row.next_due_at
    return {
        "key": row.key,
        "state": state(row, now=now),
        "when": _described(row),
        "next": due_at.astimezone(_zone(row.timezone)).isoformat(" ", "seconds") if due_at else "",
        "relative": ago(due_at, now) if due_at else "",
        "task": row.task,
        "queue": row.queue,
        "trigger": row.trigger,
        "next_due_at": due_at,
        "source": row.source,
        "error": row.error,
    }


def state(row: Schedule, *, now: datetime) -> str:
    """Return in one word whether the schedule runs, or why not."""
    if row.retired_at is not None:
        return "retired"
    if not row.enabled:
        return "disabled"
    if row.quarantined_at is not None:
        return "quarantined"
    if row.is_paused_at(now):
        return "paused"
    if row.error:
        return "failing"
    return "active" if row.next_due_at else "ended"


def in_state(word: str, *, now: datetime) -> Q:
    """Return the condition under which ``state`` says this word, for the database."""
    stands = Q(retired_at=None, enabled=True, quarantined_at=None)
    paused = Q(paused_at__isnull=False) & (Q(paused_until=None) | Q(paused_until__gt=now))
    runs = stands & ~paused
    conditions = {
        "retired": Q(retired_at__isnull=False),
        "disabled": Q(retired_at=None, enabled=False),
        "quarantined": Q(retired_at=None, enabled=True, quarantined_at__isnull=False),
        "paused": stands & paused,
        "failing": runs & ~Q(error=""),
        "active": runs & Q(error="", next_due_at__isnull=False),
        "ended": runs & Q(error="", next_due_at=None),
    }
    return conditions[word]


def coming(trigger: Trigger, *, now: datetime, number: int) -> list[dict[str, Any]]:
    """Return the next due times: local, UTC, how far away, and what the clocks do to them."""
    zone = zone_of(trigger) or timezone.get_default_timezone()
    expression = trigger.expression if isinstance(trigger, Cron) else None
    return [
        {
            "local": due_at.astimezone(zone).isoformat(" ", "seconds"),
            "utc": due_at.astimezone(UTC).isoformat(" ", "seconds").replace("+00:00", "Z"),
            "relative": ago(due_at, now),
            "note": dst_note(due_at, zone, expression=expression),
        }
        for due_at in islice(due_times(trigger, now), number)
    ]


def trigger_named(key: str) -> Trigger:
    """Return the trigger of a row, else of a declaration. Raises UnknownSchedule."""
    row = Schedule.objects.using(conf.database()).filter(pk=key).first()
    if row is not None:
        return trigger_of(row)
    declared, _ = declarations.read()
    if key in declared:
        return declared[key].trigger
    keys = {*declared, *Schedule.objects.using(conf.database()).values_list("key", flat=True)}
    raise UnknownSchedule(f"There is no schedule {key!r:.80}.{did_you_mean(key, keys)}")


def _described(row: Schedule) -> str:
    try:
        trigger = trigger_of(row)
    except SchedulerError:
        return row.trigger
    describe = getattr(trigger, "describe", None)
    return str(describe()) if callable(describe) else row.trigger


def _zone(name: str) -> Any:
    return ZoneInfo(name) if name else timezone.get_default_timezone()
