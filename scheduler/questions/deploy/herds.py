"""Minutes at which a deploy lets many schedules become due together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from scheduler import conf
from scheduler.models import Schedule


def new_herds(alias: str, after: Mapping[str, datetime | None]) -> Iterator[str]:
    """Yield a warning for each minute that becomes, or grows, a herd when ``after`` is so."""
    rows = Schedule.objects.using(alias).filter(next_due_at__isnull=False)
    due: dict[str, datetime | None] = dict(rows.values_list("key", "next_due_at"))
    before, later = _minutes(due.values()), _minutes((due | dict(after)).values())
    for minute, count in sorted(later.items()):
        if count >= conf.tuning().herd and count > before[minute]:
            yield (
                f"{count} schedules are next due at {minute:%Y-%m-%d %H:%M} UTC, "
                f"{count - before[minute]} of them by this deploy: spread them, or give them a "
                "splay."
            )


def _minutes(moments: Iterable[datetime | None]) -> Counter[datetime]:
    return Counter(at.replace(second=0, microsecond=0) for at in moments if at is not None)
