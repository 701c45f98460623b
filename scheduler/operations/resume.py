"""resume: due times become jobs again; with or without those of the pause."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.choices import Reason
from scheduler.definitions.takeover import is_over
from scheduler.due.gates import Gate, Open
from scheduler.due.protocol import Trigger
from scheduler.due.questions import newest_due
from scheduler.exceptions import OperationRefused
from scheduler.models import Definition, Schedule
from scheduler.operations.actions import BY_CODE, Operator, name_of, note
from scheduler.operations.batches import Batch, batch_id, make
from scheduler.operations.locking import decided, locked, one_transaction
from scheduler.operations.pause import PAUSE
from scheduler.turn.gates import Gates, maintenance
from scheduler.turn.rebuild import trigger_of
from tasks_core import clock
from tasks_core.conf import did_you_mean

CATCH_UP = ("drop", "latest", "all")


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What became of the pause."""

    was_paused: bool
    batch: str = ""  # of the jobs for its due times
    enqueued: int = 0
    declined: int = 0


@one_transaction
def resume(
    key: str, *, user: Operator = BY_CODE, reason: str = "", catch_up: str = "drop"
) -> Resumed:
    """
    Let the schedule run again from now on.

    ``catch_up`` says what becomes of the due times of the pause, which stay recorded as skipped:
    "drop" nothing, "latest" a job for the newest, "all" one for each, within the schedule's
    ``catch_up_limit`` and ``catch_up_window``. Raises OperationRefused.
    """
    if catch_up not in CATCH_UP:
        meant = did_you_mean(catch_up, CATCH_UP)
        raise OperationRefused(f"catch_up is drop, latest or all, not {catch_up!r:.80}.{meant}")
    row = locked(key)
    now = clock.db_now(conf.database())
    since, was_paused = row.paused_at, row.is_paused_at(now)
    is_decided = decided(row, now=now, by=name_of(user))
    if is_decided:
        row.paused_at = row.paused_until = None
        row.paused_by = row.pause_reason = ""
    elif was_paused:
        row.paused_until = now  # what was due under the pause is still to be recorded
    row.save(using=conf.database(), update_fields=PAUSE)
    if since is None or not was_paused:
        return Resumed(was_paused=False)
    resumed = Resumed(was_paused=True)
    if catch_up != "drop" and row.enabled and row.retired_at is None:
        resumed = _make_up_for(row, since, catch_up=catch_up, now=now, by=name_of(user))
    told = {"since": since.isoformat(), "catch_up": catch_up, "enqueued": resumed.enqueued}
    note("resume", row, user=user, at=now, told=_("Resumed"), reason=reason, **told)
    return resumed


def _make_up_for(
    row: Schedule, since: datetime, *, catch_up: str, now: datetime, by: str
) -> Resumed:
    """Make the jobs for the pause that began at ``since``."""
    batch = Batch(
        id=batch_id("resume", row.key, since.isoformat(), now.isoformat()),
        by=by,
        now=now,
        is_catch_up=True,
    )
    trigger = _openings(row, since=since, now=now)
    due = _missed(row, trigger, since=since, now=now, catch_up=catch_up)
    enqueued, declined = make(row, due, batch, trigger=trigger)
    _count(row, enqueued)
    return Resumed(was_paused=True, batch=batch.id, enqueued=enqueued, declined=declined)


def _count(row: Schedule, jobs: int) -> None:
    """Count jobs that the schedule would have made by itself; after the last one it has ended."""
    row.runs += jobs
    if is_over(row):
        row.next_due_at = None
    row.save(using=conf.database(), update_fields=["runs", "next_due_at"])


def _missed(
    row: Schedule, trigger: Trigger, *, since: datetime, now: datetime, catch_up: str
) -> Sequence[datetime]:
    """Return the due times of the pause that may still become jobs, oldest first."""
    limit = 1 if catch_up == "latest" else row.catch_up_limit
    if row.max_runs is not None:
        limit = min(limit, max(0, row.max_runs - row.runs))
    if row.catch_up_window is not None:
        since = max(since, now - row.catch_up_window)
    since = max(since, _in_force_since(row) or since)
    return newest_due(trigger, after=since, until=now, limit=limit) if limit else []


def _in_force_since(row: Schedule) -> datetime | None:
    """Return since when the schedule says what it says; before, it was due at other times."""
    versions = Definition.objects.using(conf.database()).filter(schedule_key=row.key, until=None)
    return versions.values_list("since", flat=True).first()


def _openings(row: Schedule, *, since: datetime, now: datetime) -> Trigger:
    """Return the due times that would have become jobs, had there been no pause."""
    alias = conf.database()
    gates = [
        gate
        for gate in Gates(alias, [row], now=now).of(row)
        if gate.reason != Reason.MAINTENANCE  # asked for since the watermark only
    ]
    if windows := maintenance(alias, since=since, until=now):
        gates.append(Gate(Reason.MAINTENANCE, windows))
    trigger = trigger_of(row)
    return Open(trigger, tuple(gates)) if gates else trigger
