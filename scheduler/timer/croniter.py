"""Our cron rules in APScheduler's own schedulers."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from scheduler import cron
from scheduler.due import zones

MICROSECOND = timedelta(microseconds=1)


class CroniterTrigger(BaseTrigger):  # type: ignore[misc]
    """
    An APScheduler trigger by the rules of ``Cron``: ``CroniterTrigger("30 2 * * *")``.

    Unlike APScheduler's CronTrigger it reads cron's weekdays (0 and 7 are Sunday), takes
    either day if both are restricted, and neither leaves out nor repeats a fixed time when
    clocks change. ``timezone`` is an IANA name or a ZoneInfo; None is the TIME_ZONE setting as
    it is now. Raises InvalidTrigger.
    """

    __slots__ = ("expression", "timezone")

    def __init__(self, expression: str, timezone: str | ZoneInfo | None = None) -> None:
        self.expression = cron.validate(expression)
        self.timezone = zones.default_zone() if timezone is None else zones.zone(timezone)

    def get_next_fire_time(self, previous: datetime | None, now: datetime) -> datetime | None:
        after = now - MICROSECOND if previous is None else previous
        due_at = cron.next_after(self.expression, self.timezone, after)
        return None if due_at is None else due_at.astimezone(self.timezone)

    def __getstate__(self) -> dict[str, Any]:
        return {"version": 1, "expression": self.expression, "timezone": self.timezone.key}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.expression = cron.validate(state["expression"])
        self.timezone = zones.zone(state["timezone"])

    def __str__(self) -> str:
        return f"cron[{self.expression} {self.timezone.key}]"

    def __repr__(self) -> str:
        return f"CroniterTrigger({self.expression!r}, {self.timezone.key!r})"
