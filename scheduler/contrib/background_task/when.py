"""What a call, or a declaration, says about when, how urgent, and about what exists already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.utils import timezone

from tasks_core import clock
from tasks_core.exceptions import InvalidCall

RunAt = float | timedelta | datetime | None


class TaskSchedule:
    """
    ``schedule=`` of ``@background`` or of a call: seconds, timedelta, datetime, a dict, or this.

    A dict has any of ``run_at``, ``priority`` and ``action``; what it leaves open is taken from
    the declaration, then from the defaults.
    """

    SCHEDULE: ClassVar = 0  # one more, whatever exists
    RESCHEDULE_EXISTING: ClassVar = 1  # those that wait change instead, if there are any
    CHECK_EXISTING: ClassVar = 2  # none, if one waits already

    __slots__ = ("_action", "_priority", "_run_at")

    def __init__(
        self, run_at: RunAt = None, priority: int | None = None, action: int | None = None
    ) -> None:
        self._run_at, self._priority, self._action = run_at, priority, action

    @classmethod
    def create(cls, schedule: Any) -> TaskSchedule:
        """Return what ``schedule=`` says. Raises InvalidCall for what says nothing."""
        if isinstance(schedule, TaskSchedule):
            return schedule
        if not schedule:  # also 0, as there: the declaration decides
            return cls()
        if isinstance(schedule, (int, float, timedelta, datetime)):
            return cls(run_at=schedule)
        if isinstance(schedule, Mapping) and not set(schedule) - {"run_at", "priority", "action"}:
            return cls(**schedule)
        raise InvalidCall(
            "schedule must be seconds, a timedelta, a datetime, or a dict of run_at, priority and "
            f"action, not {schedule!r:.80}."
        )

    def merge(self, schedule: TaskSchedule) -> TaskSchedule:
        """Return this, with what it leaves open taken from ``schedule``."""
        pairs = zip(self._said, schedule._said, strict=True)
        return TaskSchedule(*(theirs if mine is None else mine for mine, theirs in pairs))

    @property
    def is_now(self) -> bool:
        """Say whether nothing is to be waited for."""
        return not self._run_at

    @property
    def run_at(self) -> datetime:
        """When to run, counted from now; a naive datetime is in the default time zone."""
        if isinstance(self._run_at, datetime):
            is_naive = timezone.is_naive(self._run_at)
            zone = timezone.get_default_timezone()
            return timezone.make_aware(self._run_at, zone) if is_naive else self._run_at
        delay = self._run_at or 0
        try:
            return clock.now() + (
                delay if isinstance(delay, timedelta) else timedelta(seconds=float(delay))
            )
        except (OverflowError, TypeError, ValueError):
            raise InvalidCall(
                "schedule must be seconds, a timedelta or a datetime within the calendar, not "
                f"{delay!r:.80}."
            ) from None

    @property
    def priority(self) -> int:
        return self._priority or 0

    @property
    def action(self) -> int:
        return self._action or self.SCHEDULE

    @property
    def _said(self) -> tuple[Any, ...]:
        return self._run_at, self._priority, self._action

    def __repr__(self) -> str:
        return f"TaskSchedule(run_at={self._run_at}, priority={self._priority})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TaskSchedule) and self._said == other._said

    def __hash__(self) -> int:
        return hash(self._said)
