"""calendar: a named set of excluded times in the database; what uses it is planned anew."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

from scheduler import conf
from scheduler.calendars import Rules, named
from scheduler.definitions import dated
from scheduler.definitions.dated import using
from scheduler.exceptions import InvalidSchedule, OperationRefused
from scheduler.models import Calendar
from scheduler.operations.actions import BY_CODE, Operator, name_of, note
from scheduler.operations.locking import one_transaction
from tasks_core import clock

SHOWN = 3  # of those that stand in the way


@one_transaction
def save_calendar(
    name: str, rules: Mapping[str, Any], *, user: Operator = BY_CODE, reason: str = ""
) -> list[str]:
    """
    Keep these rules, as in SCHEDULER["CALENDARS"], under ``name``; return whom that concerns.

    Those are the keys of the schedules that use the calendar, or another one that unites with
    it: what was due until now is decided under the old rules, what comes under the new ones.
    Raises InvalidSchedule for rules, OperationRefused for a name that the setting has.
    """
    alias = conf.database()
    refuse_calendar(name, rules)
    row = Calendar.objects.using(alias).select_for_update().filter(pk=name).first()
    before = row.rules if row else None
    saved = Calendar(name=name, rules=dict(rules))
    saved.save(using=alias)
    concerned = dated.plan_anew(including(name), by=name_of(user))
    if before != saved.rules or concerned:
        verb, told = _words(is_new=row is None)
        details = {"name": name, "before": before, "after": saved.rules, "schedules": concerned}
        now = clock.db_now(alias)
        note(verb, saved, user=user, at=now, told=told, reason=reason, **details)
    return concerned


@one_transaction
def delete_calendar(name: str, *, user: Operator = BY_CODE, reason: str = "") -> None:
    """Forget a calendar of the database. Raises OperationRefused while something uses it."""
    alias = conf.database()
    row = Calendar.objects.using(alias).select_for_update().get(pk=name)
    if why := why_needed(name):
        raise OperationRefused(why)
    now = clock.db_now(alias)
    told = _("Calendar deleted")
    note("delete calendar", row, user=user, at=now, told=told, reason=reason, before=row.rules)
    row.delete(using=alias)


def refuse_calendar(name: str, rules: Mapping[str, Any]) -> None:
    """Raise InvalidSchedule or OperationRefused for what could not be kept."""
    if name in conf.calendars():
        raise OperationRefused(
            f'SCHEDULER["CALENDARS"] has a calendar {name!r:.80}, which counts more. Choose '
            "another name."
        )
    for other in _named_by(rules):
        if other == name or other in including(name):
            raise InvalidSchedule(f"also: {other!r:.80} leads back to {name!r:.80}.")
        named(other)


def why_needed(name: str) -> str:
    """Return what uses the calendar, as a sentence; nothing if nobody does."""
    keys = list(using(name).order_by("key").values_list("key", flat=True)[: SHOWN + 1])
    if keys:
        return f"The calendar {name!r:.80} is used by {_some(keys)}. Take it from them first."
    others = [other for other in including(name) if other != name]
    if others:
        return f"The calendar {name!r:.80} is part of {_some(others)}. Take it from there first."
    return ""


def including(name: str) -> list[str]:
    """Return the calendars of the database that exclude what ``name`` does, itself first."""
    kept = dict(Calendar.objects.using(conf.database()).values_list("name", "rules"))
    found = [name]
    for inner in found:  # which grows
        found += [
            outer
            for outer, rules in kept.items()
            if outer not in found and inner in _named_by(rules)
        ]
    return found


def _named_by(rules: Mapping[str, Any]) -> set[str]:
    """Return the names in ``also``, of calendars within this one too. Raises InvalidSchedule."""
    found, left = set(), [Rules.of(rules)]
    while left:
        for other in left.pop().also:
            if isinstance(other, str):
                found.add(other)
            else:
                left.append(other)
    return found


def _words(*, is_new: bool) -> tuple[str, str]:
    if is_new:
        return "create calendar", _("Calendar created")
    return "change calendar", _("Calendar changed")


def _some(names: list[str]) -> str:
    shown = ", ".join(f"{name!r:.80}" for name in names[:SHOWN])
    return f"{shown} and others" if len(names) > SHOWN else shown
