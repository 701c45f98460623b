"""override: another trigger or other arguments than the code declares, until restored."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.choices import Source
from scheduler.definitions.overrides import OVERRIDABLE
from scheduler.definitions.takeover import take_over
from scheduler.definitions.trial import try_call
from scheduler.definitions.when import TRIGGERS, trigger_from
from scheduler.due.protocol import spec_of
from scheduler.exceptions import InvalidSchedule, OperationRefused, SchedulerError
from scheduler.models import Schedule
from scheduler.operations.actions import BY_CODE, Operator, name_of, note, short
from scheduler.operations.entries import as_data
from scheduler.operations.locking import locked, one_transaction
from scheduler.triggers import Cron, from_spec, zone_of
from scheduler.turn.rebuild import stated_trigger_of, task_of
from tasks_core import Call, clock
from tasks_core.conf import did_you_mean

OPTIONS = (*TRIGGERS, "timezone", "args", "kwargs")


@one_transaction
def override(key: str, *, user: Operator = BY_CODE, reason: str = "", **options: Any) -> Schedule:
    """
    Let a schedule that is declared in code be due, or be called, otherwise: a deploy keeps it.

    ``options`` are ``cron``, ``every``, ``at`` or ``trigger``, ``timezone``, ``args`` and
    ``kwargs``, as in a SCHEDULE entry. What was overridden before and is not named here stays
    so; ``restore`` ends all of it. Raises OperationRefused, InvalidSchedule, InvalidTrigger or
    InvalidCall.
    """
    row = locked(key)
    _refuse(row, options)
    now = clock.db_now(conf.database())
    before = {name: getattr(row, name) for name in OVERRIDABLE}
    wanted = {**(row.override or {}), **_trigger(row, options), **_arguments(row, options)}
    if wanted == row.override:
        return row
    declared = {**before, **(row.declared or {})}
    columns = {
        **wanted,
        "override": wanted,
        "declared": {name: declared[name] for name in wanted},
        "overridden_at": now,
        "overridden_by": name_of(user),
        "override_reason": short(reason),
    }
    take_over(row, columns, now=now, recorded_by=name_of(user))
    told = {"before": before, "after": {name: getattr(row, name) for name in OVERRIDABLE}}
    note("override", row, user=user, at=now, told=_("Overridden"), reason=reason, **told)
    return row


@one_transaction
def restore(key: str, *, user: Operator = BY_CODE, reason: str = "") -> bool:
    """Let a schedule be again as it is declared. Return False if nothing was overridden."""
    row = locked(key)
    if not row.override:
        return False
    now = clock.db_now(conf.database())
    _refuse_retired(row)
    dropped = row.override
    columns: dict[str, Any] = {
        **(row.declared or {}),
        "override": None,
        "declared": None,
        "overridden_at": None,
        "overridden_by": "",
        "override_reason": "",
    }
    take_over(row, columns, now=now, recorded_by=name_of(user))
    note("restore", row, user=user, at=now, told=_("Restored"), reason=reason, dropped=dropped)
    return True


def _refuse(row: Schedule, options: Mapping[str, Any]) -> None:
    if row.source == Source.DATABASE:
        raise OperationRefused(f"{row.key!r:.80} is no code's word: change it instead.")
    _refuse_retired(row)
    if not options:
        raise InvalidSchedule(f"Say what is to be otherwise: {', '.join(OPTIONS)}.")
    for name in options:
        if name not in OPTIONS:
            meant = did_you_mean(name, OPTIONS)
            raise InvalidSchedule(f"{name!r} cannot be overridden.{meant}")


def _refuse_retired(row: Schedule) -> None:
    if row.retired_at is not None:
        where = f"it was renamed to {row.renamed_to!r:.80}" if row.renamed_to else "it is retired"
        raise OperationRefused(f"{row.key!r:.80} runs no more: {where}.")


def _trigger(row: Schedule, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of another trigger, or of another time zone for the one there is."""
    when = {name: value for name, value in options.items() if name in {*TRIGGERS, "timezone"}}
    if not when:
        return {}
    if set(when) == {"timezone"}:
        stated = stated_trigger_of(row)
        if not isinstance(stated, Cron):
            raise InvalidSchedule(f"'timezone' belongs to 'cron'; {row.key!r:.80} has another.")
        when["cron"] = stated.expression
    if set(when) == {"cron"}:  # what is not named stays
        with suppress(SchedulerError):
            stated = stated_trigger_of(row)
            if isinstance(stated, Cron):
                when["timezone"] = stated.zone.key
    if isinstance(when.get("trigger"), str):
        when["trigger"] = from_spec(when["trigger"])
    trigger = as_data(trigger_from(when))
    return {"trigger": spec_of(trigger), "timezone": str(zone_of(trigger) or "")}


def _arguments(row: Schedule, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of other arguments, which take the place of computed ones too."""
    given = {name: options[name] for name in ("args", "kwargs") if name in options}
    if not given:
        return {}
    args = given.get("args", [] if row.args_from else row.args)
    kwargs = given.get("kwargs", {} if row.kwargs_from else row.kwargs)
    call = Call(task_of(row), args, kwargs).checked()
    if not (("args" not in given and row.args_from) or ("kwargs" not in given and row.kwargs_from)):
        try_call(call, backend=row.backend)
    found = {"args": list(call.args), "kwargs": dict(call.kwargs)}
    return {name: found[name] for name in given} | {f"{name}_from": "" for name in given}
