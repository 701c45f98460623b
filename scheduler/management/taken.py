"""Keys that new schedules may not have, and where the schedules come from that have them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from scheduler.choices import Source
from scheduler.models import OperatorAction, Schedule
from tasks_core.words import counted

SHOWN = 5  # keys that are taken
PAGE = 500  # keys in one query
IMPORTED = "imported from {}"


@dataclass(frozen=True, slots=True)
class Taken:
    """A schedule that has a key, and how it came there."""

    key: str
    source: str
    by: str = ""
    when: str = ""
    reason: str = ""

    def __str__(self) -> str:
        if self.source != Source.DATABASE:
            return f"{self.key} (declared in {self.source})"
        if not self.by:
            return f"{self.key} (in the database; nobody noted who made it)"
        why = f": {self.reason}" if self.reason else ""
        return f"{self.key} (made on {self.when} by {self.by}{why})"

    def is_of(self, package: str) -> bool:
        """Say whether an import from this package made it; else it is about something else."""
        return self.reason.startswith(IMPORTED.format(package))


def taken(database: str, keys: Collection[str]) -> dict[str, Taken]:
    """Return the schedules that have these keys; one that retired gives its key up."""
    wanted = set(keys)
    there = Schedule.objects.using(database).filter(retired_at=None)
    known = there.values_list("key", "source").iterator()
    found = {key: Taken(key, source) for key, source in known if key in wanted}
    for act in _makings(database, list(found)):
        source = found[act.schedule_key].source
        found[act.schedule_key] = Taken(
            act.schedule_key, source, act.by, f"{act.at:%Y-%m-%d}", act.reason
        )
    return dict(sorted(found.items()))


def _makings(database: str, keys: list[str]) -> Iterable[OperatorAction]:
    """Yield who made schedules of these keys, the last one last."""
    acts = OperatorAction.objects.using(database).filter(verb="create").order_by("at", "pk")
    for start in range(0, len(keys), PAGE):
        yield from acts.filter(schedule_key__in=keys[start : start + PAGE])


def told(found: Collection[Taken]) -> str:
    """Say which keys are taken, and by what."""
    some = ", ".join(map(str, list(found)[:SHOWN]))
    more = f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    return f"{counted(len(found), 'key')} taken: {some}{more}."
