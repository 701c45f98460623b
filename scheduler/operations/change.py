"""change: what a schedule of the database says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.choices import Source
from scheduler.definitions.entry import Declaration
from scheduler.definitions.takeover import take_over
from scheduler.exceptions import OperationRefused
from scheduler.models import Schedule
from scheduler.operations.actions import BY_CODE, Operator, name_of, note
from scheduler.operations.entries import WHEN, in_database, options_of
from scheduler.operations.locking import locked, one_transaction
from tasks_core import clock


@one_transaction
def change(key: str, *, user: Operator = BY_CODE, reason: str = "", **options: Any) -> Schedule:
    """
    Let a schedule of the database say what ``options`` say, and else what it said before.

    The options are those of ``create``. What was due under the old definition is decided first;
    another trigger counts from now. Quarantine ends. Raises OperationRefused for a schedule that
    is declared in code: ``override`` it, or pause it.
    """
    row = locked(key)
    declaration = changed(row, options)
    now = clock.db_now(conf.database())
    before = options_of(row)
    columns = declaration.definition()
    is_same = all(getattr(row, name) == value for name, value in columns.items())
    if is_same and row.quarantined_at is None:
        return row
    by = name_of(user)
    columns["release"] = conf.tuning().release or row.release
    take_over(row, columns, now=now, recorded_by=by, trigger=declaration.trigger)
    after = options_of(row)
    told = {
        "before": {name: value for name, value in before.items() if after.get(name) != value},
        "after": {name: value for name, value in after.items() if before.get(name) != value},
    }
    note("change", row, user=user, at=now, told=_("Changed"), reason=reason, **told)
    return row


def changed(row: Schedule, options: Mapping[str, Any]) -> Declaration:
    """Return what ``row`` would say; nothing is written. Raises as ``change`` does."""
    if row.source != Source.DATABASE:
        raise OperationRefused(
            f"{row.key!r:.80} is declared in {row.source}: change it there, or override its "
            "trigger or arguments here."
        )
    return in_database(row.key, {**_kept(options_of(row), options), **options})


def _kept(before: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that stay: of a trigger of another kind not the time zone."""
    gone = set()
    if said := WHEN.intersection(options):
        stays = {"cron"} if said == {"timezone"} else set()
        if said == {"cron"} and "cron" in before:
            stays = {"timezone"}
        gone = set(WHEN) - stays
    if options.get("calendar") == "":
        gone.add("calendar_action")
    return {name: value for name, value in before.items() if name not in gone}
