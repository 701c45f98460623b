"""Priorities of other packages on our scale of -100 to 100, where 0 is what says nothing."""

from __future__ import annotations

from tasks_core.options import MAX_PRIORITY, MIN_PRIORITY

OF_REDIS = 9
OF_AMQP = 255


def of_celery(priority: int, *, is_reversed: bool) -> tuple[int, str]:
    """
    Return what a priority of Celery is here, and a note.

    0 to 9, or to 255 where one is higher; over Redis 0 is the most urgent and what says nothing,
    so the others become less than 0.
    """
    most = OF_REDIS if priority <= OF_REDIS else OF_AMQP
    ours = round(MAX_PRIORITY * priority / most) * (-1 if is_reversed else 1)
    first = "0 comes first there, as over Redis" if is_reversed else "the highest comes first"
    return ours, f"Its priority {priority} of 0 to {most} ({first}) became {ours} of -100 to 100."


def clamped(priority: int, *, is_reversed: bool = False) -> tuple[int, str]:
    """Return any whole number as one that we take, and a note if that is another."""
    wanted = -priority if is_reversed else priority
    ours = max(MIN_PRIORITY, min(MAX_PRIORITY, wanted))
    why = " (lower numbers come first there)" if is_reversed else ""
    return ours, f"Its priority {priority}{why} became {ours}." if ours != priority else ""
