"""create: a schedule in the database, or thousands of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.choices import Source
from scheduler.definitions import newcomers, takeover
from scheduler.definitions.entry import Declaration
from scheduler.definitions.newcomers import Newcomer
from scheduler.exceptions import InvalidSchedule, OperationRefused, SchedulerError
from scheduler.models import Schedule
from scheduler.operations.actions import BY_CODE, Operator, name_of, note_all
from scheduler.operations.entries import in_database
from scheduler.operations.locking import one_transaction
from tasks_core import clock
from tasks_core.exceptions import JobError

PAGE = 500  # keys in one query
SHOWN = 3  # of what is wrong with many
# What a schedule that comes after a retired one of the same key does not take over from it.
ANEW: Mapping[str, Any] = {
    "runs": 0,
    "waits_for": None,
    "replaced_hashes": [],
    "override": None,
    "declared": None,
    "overridden_at": None,
    "overridden_by": "",
    "override_reason": "",
    "paused_at": None,
    "paused_by": "",
    "pause_reason": "",
    "paused_until": None,
    "stale_since": None,
}


def create(
    key: str,
    *,
    user: Operator = BY_CODE,
    reason: str = "",
    since: datetime | None = None,
    **options: Any,
) -> Schedule:
    """
    Make a schedule whose row is all there is, with the options of a SCHEDULE entry.

    ``create("report-7", task="shop.tasks.report", cron="0 9 * * MON", args=[7], user=…)``. None
    of the options may be a function: a row is data. It is due from now on, or what was due after
    ``since`` is late already; what the ledger has of an earlier schedule with this key is never
    made again. Raises OperationRefused for a key that is taken; InvalidSchedule, InvalidTrigger
    or InvalidCall for an option.
    """
    declared = all_in_database({key: options})
    return _create(declared, user=user, reason=reason, since=since)[0]


def create_many(
    entries: Mapping[str, Mapping[str, Any]], *, user: Operator = BY_CODE, reason: str = ""
) -> list[Schedule]:
    """Make many schedules by their keys, all or none of them; ``create`` says more."""
    return _create(all_in_database(entries), user=user, reason=reason)


def all_in_database(entries: Mapping[str, Mapping[str, Any]]) -> list[Declaration]:
    """Return what would be created; nothing is written. Raises for all that is wrong."""
    found: list[Declaration] = []
    wrong: dict[str, Exception] = {}
    for key, options in entries.items():
        try:
            found.append(in_database(key, options))
        except (SchedulerError, JobError) as error:
            if len(entries) == 1:
                raise
            wrong[str(key)] = error
    if wrong:
        told = " ".join(f"{key!r:.80}: {why}" for key, why in list(wrong.items())[:SHOWN])
        more = f" And {len(wrong) - SHOWN} more." * (len(wrong) > SHOWN)
        raise InvalidSchedule(f"{len(wrong)} of {len(entries)} cannot be created. {told}{more}")
    return found


@one_transaction
def _create(
    declared: list[Declaration], *, user: Operator, reason: str, since: datetime | None = None
) -> list[Schedule]:
    alias, by = conf.database(), name_of(user)
    now = clock.db_now(alias)
    begin = now if since is None else min(now, since)
    there = _there(alias, [each.key for each in declared])
    new = []
    for declaration in declared:
        row = there.get(declaration.key)
        if row is None:
            new.append(Newcomer(_new(declaration, begin=begin), declaration.trigger))
        else:
            _succeed(row, declaration, now=now, by=by)
    _store(alias, new, by=by)
    made = [*(row for row, _trigger in new), *there.values()]
    note_all("create", made, user=user, at=now, told=_("Created"), reason=reason)
    return made


def _there(alias: str, keys: list[str]) -> dict[str, Schedule]:
    """Return the retired rows of these keys, locked. Raises OperationRefused for others."""
    found: dict[str, Schedule] = {}
    for start in range(0, len(keys), PAGE):
        some = Schedule.objects.using(alias).filter(key__in=keys[start : start + PAGE])
        found |= {row.key: row for row in some.select_for_update().order_by("key")}
    for row in found.values():
        if row.retired_at is None:
            raise OperationRefused(_taken(row.key, row.source))
    return found


def _taken(key: str, source: str) -> str:
    if source == Source.DATABASE:
        return f"There is a schedule {key!r:.80} already: change it, or choose another key."
    return f"{key!r:.80} is the key of a schedule in {source}; choose another."


def _new(declaration: Declaration, *, begin: datetime) -> Schedule:
    return Schedule(
        key=declaration.key,
        watermark=begin,
        floor=begin,
        known_since=begin,
        source=Source.DATABASE,
        release=conf.tuning().release or "",
        **declaration.definition(),
    )


def _succeed(row: Schedule, declaration: Declaration, *, now: datetime, by: str) -> None:
    """Let a schedule come after one of code that is gone, and go on with its ledger."""
    columns = {
        **ANEW,
        **declaration.definition(),
        "source": Source.DATABASE,
        "declared_hash": "",
        "release": conf.tuning().release or "",
    }
    takeover.take_over(row, columns, now=now, recorded_by=by, trigger=declaration.trigger)


def _store(alias: str, new: list[Newcomer], *, by: str) -> None:
    try:
        with transaction.atomic(using=alias):
            newcomers.store(alias, new, recorded_by=by)
    except IntegrityError as error:
        raise OperationRefused(
            "Somebody created one of these schedules at the same moment. Nothing was created; "
            "look at what there is and try again."
        ) from error
