"""
Which due times there must be, from arithmetic of its own: nothing of ours is imported here.

Each rhythm is what a project would declare, beside a plain statement of when that is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

MINUTE = timedelta(minutes=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Rule = Callable[[datetime], bool]

RHYTHMS: list[tuple[dict[str, object], Rule]] = [
    ({"cron": "* * * * *"}, lambda at: True),
    ({"cron": "*/2 * * * *"}, lambda at: at.minute % 2 == 0),
    ({"cron": "*/5 * * * *"}, lambda at: at.minute % 5 == 0),
    ({"cron": "*/7 * * * *"}, lambda at: at.minute % 7 == 0),
    ({"cron": "3,13,23,33,43,53 * * * *"}, lambda at: at.minute % 10 == 3),
    ({"cron": "0 * * * *"}, lambda at: at.minute == 0),
    ({"cron": "10-20 */2 * * *"}, lambda at: at.hour % 2 == 0 and 10 <= at.minute <= 20),
    ({"cron": "*/3 * * * 1-5"}, lambda at: at.isoweekday() <= 5 and at.minute % 3 == 0),
    ({"cron": "*/3 * * * 0,6"}, lambda at: at.isoweekday() >= 6 and at.minute % 3 == 0),
    ({"every": 240}, lambda at: (at - EPOCH) // MINUTE % 4 == 0),
]


def schedule(number: int) -> dict[str, dict[str, object]]:
    """Return ``number`` entries for SCHEDULE: all rhythms, half of them with each policy."""
    entries = {}
    for index in range(number):
        when, _ = RHYTHMS[index % len(RHYTHMS)]
        policy = (
            {"catch_up": "latest"} if index % 2 else {"catch_up": "all", "catch_up_limit": 9999}
        )
        task = {"task": "tests.app.tasks.nothing", "overlap": "allow"}
        zone = {"timezone": "UTC"} if "cron" in when else {}
        entries[key(index)] = {**task, **when, **zone, **policy}
    return entries


def key(index: int) -> str:
    return f"rhythm {index % len(RHYTHMS)} number {index}"


def due(name: str, *, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """Return what must be due in (after, until], by looking at every minute."""
    return _due(int(name.split()[1]), after, until)


@lru_cache(maxsize=256)
def _due(rhythm: int, after: datetime, until: datetime) -> tuple[datetime, ...]:
    _, rule = RHYTHMS[rhythm]
    minutes = _minutes(after.replace(second=0, microsecond=0) + MINUTE, until)
    return tuple(minute for minute in minutes if minute > after and rule(minute))


def _minutes(minute: datetime, until: datetime) -> Iterator[datetime]:
    while minute <= until:
        yield minute
        minute += MINUTE


def every(name: str, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield what is due in (after, until] every so many seconds as the key's last word says."""
    interval = timedelta(seconds=int(name.rsplit(maxsplit=1)[-1]))
    at = EPOCH + ((after - EPOCH) // interval + 1) * interval
    while at <= until:
        yield at
        at += interval


def hourly(name: str, *, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """Return what is due in (after, until] at the minute that is the key's last word."""
    at = int(name.rsplit(maxsplit=1)[-1])
    return tuple(each for each in _due(0, after, until) if each.minute == at)
