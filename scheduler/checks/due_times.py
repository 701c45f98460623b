"""Checks of when schedules are due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, register

from scheduler import conf
from scheduler.checks.entries import TAG, known
from scheduler.definitions.entry import Declaration
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import At, next_due
from tasks_core import clock


@register(TAG)
def check_due_times(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W001 to W004: due never, too often, or all at once. E004: a trigger that fails."""
    now = clock.now()
    declared = known()
    due: dict[str, datetime | None] = {}
    messages = []
    for each in declared:
        try:
            due[each.key] = next_due(each.trigger, now)
            messages.append(_due_times(each, due[each.key]))
        except InvalidTrigger as error:
            told = f"Schedule {each.key!r}: {error}"
            messages.append(checks.Error(told, id="tasks_scheduler.E004"))
    return [message for message in messages if message] + list(_herds(due))


def _due_times(declaration: Declaration, due_at: datetime | None) -> CheckMessage | None:
    what = f"Schedule {declaration.key!r} ({declaration.trigger.spec()})"
    if due_at is None and isinstance(declaration.trigger, At):
        return checks.Warning(
            f"{what} is over: it will not run again.",
            hint="Remove it.",
            id="tasks_scheduler.W003",
        )
    if due_at is None:
        return checks.Warning(f"{what} is never due.", id="tasks_scheduler.W001")
    following = next_due(declaration.trigger, due_at)
    longest = conf.tuning().tick_seconds
    if following and (following - due_at).total_seconds() < longest:
        return checks.Warning(
            f"{what} is due more often than every {longest:g} s, which is how often a scheduler "
            "looks at least: after a hiccup, due times share a job.",
            hint='Let it be due less often, or lower SCHEDULER["TICK_SECONDS"].',
            id="tasks_scheduler.W002",
        )
    return None


def _herds(due: dict[str, datetime | None]) -> Iterator[CheckMessage]:
    minutes = Counter(at.replace(second=0, microsecond=0) for at in due.values() if at)
    for minute, count in minutes.items():
        if count >= conf.tuning().herd:
            yield checks.Warning(
                f"{count} schedules are next due in one minute, {minute:%Y-%m-%d %H:%M} UTC.",
                hint="Spread them over the hour: their jobs wait for each other.",
                id="tasks_scheduler.W004",
            )
