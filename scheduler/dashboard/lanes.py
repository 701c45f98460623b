"""One lane for each schedule: what it is, when it was and will be due, and its ticks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.dashboard import ticks
from scheduler.dashboard.ledger import states_of
from scheduler.dashboard.ticks import Tick
from scheduler.exceptions import InvalidTrigger, SchedulerError
from scheduler.models import Occurrence, Schedule
from scheduler.triggers import Trigger
from scheduler.turn.rebuild import trigger_of

LANES = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    key: str
    task: str
    words: str
    state: str  # good, paused, quarantined, off
    source: str
    next_due_at: datetime | None
    last_due_at: datetime | None
    last_state: str
    error: str
    ticks: list[Tick]

    @property
    def is_live(self) -> bool:
        return self.state == "good"


def lanes(*, now: datetime, span: timedelta) -> list[Lane]:
    """Return the schedules that are due next, with their ticks in now ± ``span``."""
    rows = soonest(limit=LANES)
    last = last_occurrences(rows)
    recorded = ticks.recorded([row.key for row in rows], now=now, span=span)
    return [
        lane(row, last.get(row.key), recorded.get(row.key, []), now=now, span=span) for row in rows
    ]


def soonest(*, limit: int) -> list[Schedule]:
    """Return the schedules that are due next, in the order of their names."""
    rows = Schedule.objects.using(conf.database()).filter(retired_at=None)
    return sorted(
        rows.order_by(F("next_due_at").asc(nulls_last=True), "key")[:limit],
        key=lambda row: row.key,
    )


def lane(
    row: Schedule,
    last: tuple[Occurrence, str] | None,
    recorded: list[Tick],
    *,
    now: datetime,
    span: timedelta,
) -> Lane:
    trigger = known_trigger(row)
    state = state_of(row, now)
    coming = _coming(trigger, row, now=now, span=span) if trigger and state == "good" else []
    return Lane(
        key=row.key,
        task=row.task,
        words=words(trigger, row),
        state=state,
        source=row.source,
        next_due_at=row.next_due_at,
        last_due_at=last[0].until_at if last else None,
        last_state=last[1] if last else "",
        error=row.error[:200],
        ticks=[*recorded, *coming],
    )


def _coming(trigger: Trigger, row: Schedule, *, now: datetime, span: timedelta) -> list[Tick]:
    try:
        return ticks.coming(trigger, row, now=now, span=span)
    except InvalidTrigger:  # the scheduler writes it on the row, with its words
        return []


def state_of(row: Schedule, now: datetime) -> str:
    if row.quarantined_at:
        return "quarantined"
    if row.is_paused_at(now):
        return "paused"
    return "good" if row.enabled else "off"


def known_trigger(row: Schedule) -> Trigger | None:
    """Return the trigger of a schedule, unless only another release of the code knows it."""
    try:
        return trigger_of(row)
    except SchedulerError:
        return None


def words(trigger: Trigger | None, row: Schedule) -> str:
    """Return the trigger in words, or as it is stored."""
    describe = getattr(trigger, "describe", None)
    return str(describe()) if describe else row.trigger or _("unknown")


def last_occurrences(rows: list[Schedule]) -> dict[str, tuple[Occurrence, str]]:
    """Return the newest occurrence of each schedule, and what it is now."""
    alias = conf.database()
    of_key = Occurrence.objects.filter(schedule_key=OuterRef("key")).order_by("-due_at")
    newest = Schedule.objects.using(alias).filter(pk__in=[row.pk for row in rows])
    ids = newest.values_list(Subquery(of_key.values("pk")[:1]), flat=True)
    found = list(Occurrence.objects.using(alias).filter(pk__in=[each for each in ids if each]))
    states = states_of(found)
    return {row.schedule_key: (row, states[row.pk]) for row in found}
