"""Which calendar a name means: that of the setting, then that of the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.core.signals import setting_changed
from django.db import DatabaseError
from django.dispatch import receiver

from scheduler import conf
from scheduler.calendars.rules import Rules
from scheduler.calendars.value import Calendar
from scheduler.exceptions import InvalidSchedule
from tasks_core.backends.database.transactions import is_outage
from tasks_core.conf import did_you_mean

Given = Calendar | Rules | str


def calendar(given: Given | Mapping[str, Any]) -> Calendar:
    """Return the calendar that a name, rules or their mapping mean. Raises InvalidSchedule."""
    if isinstance(given, Calendar):
        return given
    if isinstance(given, str):
        return named(given)
    rules = given if isinstance(given, Rules) else Rules.of(given)
    if rules.also:  # which may name others, that may change
        return Calendar.of(rules, named)
    return _closed(rules, settings.TIME_ZONE)


def named(name: str) -> Calendar:
    """Return the calendar called ``name``, of either. Raises InvalidSchedule if there is none."""
    return _anywhere(name, ())


def declared(name: str) -> Calendar:
    """Return a calendar of SCHEDULER["CALENDARS"]. Raises InvalidSchedule."""
    return _in_setting(name, ())


def _anywhere(name: str, within: tuple[str, ...]) -> Calendar:
    if name in conf.calendars():
        return _in_setting(name, within)
    rules = _stored(name)
    if rules is None:
        raise _unknown(name)
    return _resolved(name, rules, within=within, look_up=_anywhere)


# Names in the setting mean others of the setting: every process must agree about them.
@lru_cache(maxsize=1024)
def _in_setting(name: str, within: tuple[str, ...]) -> Calendar:
    known = conf.calendars()
    if name not in known:
        raise _unknown(name)
    return _resolved(name, known[name], within=within, look_up=_in_setting)


@lru_cache(maxsize=1024)
def _closed(rules: Rules, default_zone: str) -> Calendar:
    return Calendar.of(rules)


def _resolved(
    name: str,
    written: Any,
    *,
    within: tuple[str, ...],
    look_up: Callable[[str, tuple[str, ...]], Calendar],
) -> Calendar:
    inside = (*within, name)
    if name in within:
        circle = " → ".join(inside[within.index(name) :])
        raise InvalidSchedule(f"Calendar {name!r:.80}: 'also' leads back to it: {circle:.200}.")
    try:
        rules = Rules.of(written)
    except InvalidSchedule as error:
        raise InvalidSchedule(f"Calendar {name!r:.80}: {error}") from None
    return Calendar.of(rules, lambda other: look_up(other, inside))


def _unknown(name: str) -> InvalidSchedule:
    known = conf.calendars()
    hint = did_you_mean(name[:64], known) if known else ' Declare it in SCHEDULER["CALENDARS"].'
    return InvalidSchedule(f"There is no calendar {name!r:.80}.{hint}")


@contextmanager
def remembered() -> Iterator[None]:
    """Ask the database for each calendar only once inside, as when all schedules are looked at."""
    token = _remembered.set({})
    try:
        yield
    finally:
        _remembered.reset(token)


_remembered: ContextVar[dict[str, Any] | None] = ContextVar("calendars", default=None)


def _stored(name: str) -> Any:
    """Return the rules of a calendar made in the admin, or None. Asks the ledger's database."""
    known = _remembered.get()
    if known is None:
        return _asked(name)
    if name not in known:
        known[name] = _asked(name)
    return known[name]


def _asked(name: str) -> Any:
    from scheduler.models import Calendar as StoredCalendar

    try:
        rows = StoredCalendar.objects.using(conf.database()).filter(pk=name)
        return rows.values_list("rules", flat=True).first()
    except DatabaseError as error:
        if is_outage(error):  # not the fault of who named it: it is asked again
            raise
        raise InvalidSchedule(
            f'There is no calendar {name!r:.80} in SCHEDULER["CALENDARS"], and the database '
            f"could not be asked for it: {error!s:.80}."
        ) from error


@receiver(setting_changed)
def forget(*, setting: str, **kwargs: Any) -> None:
    if setting in {"SCHEDULER", "TIME_ZONE"}:  # override_settings() in somebody's test
        _in_setting.cache_clear()
        _closed.cache_clear()
