"""The settings SCHEDULE and SCHEDULER, and every default of the app; read when asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import router

from scheduler.tick_settings import IN_PROCESS, READERS, Secrets
from tasks_core.conf import did_you_mean

CATCH_UP = "latest"
CATCH_UP_LIMIT = 100
OVERLAP = "skip"
OVERLAP_TIMEOUT = timedelta(hours=1)
LONGEST = 64  # characters of a release, which its column holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuning:
    """What ``SCHEDULER = {"NAME": value}`` may hold; the names there are upper-case."""

    database: str | None = None  # alias of the ledger's database; None asks the routers
    release: str | None = None  # orders deploys: "41" < "42", "v1.9" < "v1.10"
    tick_seconds: float = 5.0  # a scheduler looks at least this often
    batch_size: int = 500  # schedules per transaction
    on_time: timedelta = timedelta(seconds=60)  # later than this, a job is a catch-up
    retention: timedelta = timedelta(days=90)  # of the ledger
    purge_batch: int = 1000  # ledger rows per DELETE
    purge_seconds: float = 3600.0
    reconcile_seconds: float = 60.0  # how often ended jobs that nobody noted are looked for
    backoff: timedelta = timedelta(seconds=30)  # after the first error of a schedule, then doubled
    backoff_cap: timedelta = timedelta(hours=1)
    quarantine_after: int = 5  # errors in a row
    overlaps_in_a_row: int = 3  # that many overlap skips raise a signal
    herd: int = 50  # schedules at one minute before a check warns
    calendars: Mapping[str, Any] = field(default_factory=dict)  # rules by name
    tick_secret: Secrets | None = field(default=None, repr=False)  # None: no ticks by URL
    tick_url: str | None = None  # where the site takes them
    tick_rate: int = 60  # of them in a minute
    tick_requests: str | None = IN_PROCESS  # how TickMiddleware ticks; None: not at all
    tick_budget: float = 10.0  # seconds that a tick by URL or by requests may take
    tick_look_seconds: float = 30.0  # how often a web process asks what is due next
    tick_jobs: float | bool = False  # such ticks run ready jobs, too; perhaps for so many seconds


@lru_cache(maxsize=1)
def names() -> list[str]:
    return [each.name.upper() for each in fields(Tuning)]


def tuning() -> Tuning:
    """Return the SCHEDULER setting, checked; a duration may be given in seconds."""
    given = getattr(settings, "SCHEDULER", {})
    for latest in _latest:  # a sync asks for each schedule
        if latest.given is given and latest.copy == given:
            return latest.tuning
    tuning = _read(given)
    _latest[:] = [_Read(given, dict(given), tuning)]
    return tuning


class _Read(NamedTuple):
    given: Mapping[str, Any]
    copy: dict[str, Any]  # of what may be changed in place
    tuning: Tuning


_latest: list[_Read] = []


def problems() -> list[str]:
    """Return everything that is wrong with the SCHEDULER setting, a sentence each."""
    given = getattr(settings, "SCHEDULER", {})
    found = []
    for one in ({name: value} for name, value in given.items()) if _is_dict(given) else (given,):
        try:
            _read(one)
        except ImproperlyConfigured as error:
            found.append(str(error))
    return found


def _read(given: Any) -> Tuning:
    if not _is_dict(given):
        raise ImproperlyConfigured(f"SCHEDULER is a dict, not {type(given).__name__}.")
    return Tuning(**{str(name).lower(): _checked(name, value) for name, value in given.items()})


def _is_dict(given: Any) -> bool:
    return isinstance(given, Mapping)


def _checked(name: str, value: Any) -> Any:
    if name not in names():
        raise ImproperlyConfigured(f"SCHEDULER has no key {name!r}.{did_you_mean(name, names())}")
    if reads := _READERS.get(name):
        return reads(value)
    default = getattr(Tuning(), name.lower())
    if default is None:
        return _text(name, value)
    if isinstance(default, timedelta):
        return _duration(name, value)
    whole = isinstance(default, int)
    if not _is_number(value) or (whole and not isinstance(value, int)) or value <= 0:
        kind = "a whole number of at least 1" if whole else "a number of seconds above 0"
        raise ImproperlyConfigured(f"SCHEDULER[{name!r}] is {kind}, not {value!r:.80}.")
    return value


def calendars() -> Mapping[str, Any]:
    """Return what SCHEDULER["CALENDARS"] says, rules by name; they are read when asked for."""
    given = getattr(settings, "SCHEDULER", {})
    return _calendars(given.get("CALENDARS", {}) if isinstance(given, Mapping) else {})


def _calendars(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping) or not all(_is_name(name) for name in value):
        raise ImproperlyConfigured(
            f"SCHEDULER['CALENDARS'] is a dict of rules by name, each of 1 to {LONGEST} "
            f"characters, not {value!r:.80}."
        )
    return value


def _is_name(name: Any) -> bool:
    return isinstance(name, str) and 1 <= len(name) <= LONGEST and name.isprintable()


def _text(name: str, value: Any) -> str | None:
    if value is not None and (not isinstance(value, str) or len(value) > LONGEST):
        raise ImproperlyConfigured(
            f"SCHEDULER[{name!r}] is None or a text of at most {LONGEST} characters, "
            f"not {value!r:.80}."
        )
    if name == "DATABASE" and value is not None and value not in settings.DATABASES:
        raise ImproperlyConfigured(f"SCHEDULER['DATABASE']: DATABASES has no {value!r}.")
    return value


def _duration(name: str, value: Any) -> timedelta:
    try:
        duration = timedelta(seconds=value) if _is_number(value) else value
    except OverflowError:
        duration = None
    if not isinstance(duration, timedelta) or duration < timedelta(0):
        raise ImproperlyConfigured(
            f"SCHEDULER[{name!r}] is a timedelta, or seconds, of at least 0, not {value!r:.80}."
        )
    return duration


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and isfinite(value)


_READERS: dict[str, Callable[[Any], Any]] = {"CALENDARS": _calendars, **READERS}


def schedule() -> Mapping[str, Any]:
    """Return the SCHEDULE setting as it was written. Raises ImproperlyConfigured."""
    found = getattr(settings, "SCHEDULE", {})
    if not isinstance(found, Mapping):
        raise ImproperlyConfigured(
            f"SCHEDULE is a dict of entries by key, not {type(found).__name__}."
        )
    return found


def database() -> str:
    """Return the alias of the database that holds schedules and ledger."""
    from scheduler.models import Schedule

    return tuning().database or router.db_for_write(Schedule)
