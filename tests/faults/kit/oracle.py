"""
Which due times there must be, from arithmetic of its own: nothing of ours is imported here.

Each rhythm is what a project would declare, beside a plain statement of when that is due.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

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


def due(name: str, *, after: datetime, until: datetime) -> Iterator[datetime]:
    """Yield what must be due in (after, until], by looking at every minute."""
    _, rule = RHYTHMS[int(name.split()[1])]
    minute = after.replace(second=0, microsecond=0)
    while (minute := minute + MINUTE) <= until:
        if minute > after and rule(minute):
            yield minute
