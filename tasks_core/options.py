"""What may be said about a call, beside what to call: each option, its bounds, its stored form."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypedDict, get_args

from django.db import models
from django.utils import timezone

from tasks_core import clock, key_templates, limits, payloads
from tasks_core.exceptions import InvalidCall
from tasks_core.outcomes import storable

MIN_PRIORITY, MAX_PRIORITY = -100, 100
MAX_QUEUE, MAX_KEY, MAX_LABEL = 64, 255, 255
MAX_ATTEMPTS = 10_000
MAX_TIMEOUT = timedelta(days=3650)
DEFAULT_QUEUE = "default"

When = datetime | timedelta
Now = Callable[[], datetime]
OnConflict = Literal["keep", "replace"]


class Options(TypedDict, total=False):
    """Every option that a caller may give."""

    priority: int  # -100 … 100, higher first
    queue: str
    key: str | None  # at most one unfinished job has it
    on_conflict: OnConflict  # what becomes of an unfinished job that has the key
    max_attempts: int | None  # None: TASKS_CORE["MAX_ATTEMPTS"]
    timeout: timedelta | float | None
    expires_at: When | None  # not started after this
    concurrency: tuple[str, int] | None  # a key, and how many of its jobs may run at once
    rate: str | None  # how often jobs of this task may start: "10/s", "100/m", "5/h", "1/d"
    label: str  # for people: shown in lists
    creator: models.Model | str | None  # who asked for it
    durable: bool  # survives a crash between the commit and a backend that is elsewhere


def instant(when: When, *, what: str, now: Now = clock.now) -> datetime:
    """
    Return ``when`` as an aware UTC datetime; raise InvalidCall naming ``what``.

    A naive datetime is taken in the default time zone, as in the RFC's own example; a
    timedelta counts from what ``now`` says.
    """
    if not isinstance(when, (datetime, timedelta)):
        raise InvalidCall(
            f"{what} must be a datetime or a timedelta, not {type(when).__name__}: {when!r:.80}."
        )
    try:
        if isinstance(when, timedelta):
            return now() + when
        if timezone.is_naive(when):
            when = timezone.make_aware(when, timezone.get_default_timezone())
        return when.astimezone(UTC)
    except OverflowError:
        raise InvalidCall(f"{what} is outside the calendar: {when!r:.80}.") from None


def instant_or_delay(when: When, *, what: str) -> When:
    """Do as ``instant`` does, but leave a timedelta to a store that counts from its own clock."""
    moment = instant(when, what=what)
    return when if isinstance(when, timedelta) else moment


def queue_name(value: Any) -> str:
    """Return the name of a queue; raise InvalidCall for one that no worker could be told."""
    name = _short_text(value, "queue", MAX_QUEUE)
    if "," in name:
        raise InvalidCall(f"queue must not contain a comma, which parts queues: {name!r}.")
    return name


def key_text(value: Any, *, what: str) -> str:
    """Return a text by which jobs are told apart; raise InvalidCall naming ``what``."""
    return _short_text(value, what, MAX_KEY)


def _short_text(value: Any, what: str, limit: int) -> str:
    if not isinstance(value, str) or not value or value != value.strip():
        kind = "some text, without space around it"
        raise InvalidCall(f"{what} must be {kind}, not {value!r:.80}.")
    payloads.normal(value, what=what)
    if len(value) > limit:
        raise InvalidCall(f"{what} is longer than {limit} characters: {value!r:.80}.")
    return value


def _priority(priority: Any) -> int:
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise InvalidCall(f"priority must be a whole number, not {priority!r:.80}.")
    if not MIN_PRIORITY <= priority <= MAX_PRIORITY:
        raise InvalidCall(
            f"priority must be from {MIN_PRIORITY} to {MAX_PRIORITY}, not {priority}."
        )
    return priority


def _key(value: Any) -> str:
    return key_text(value, what="key")


def _on_conflict(value: Any) -> OnConflict:
    if value not in get_args(OnConflict):
        raise InvalidCall(f'on_conflict must be "keep" or "replace", not {value!r:.80}.')
    return value  # type: ignore[no-any-return]


def _max_attempts(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidCall(f"max_attempts must be a whole number, not {value!r:.80}.")
    if not 1 <= value <= MAX_ATTEMPTS:
        raise InvalidCall(f"max_attempts must be from 1 to {MAX_ATTEMPTS}, not {value}.")
    return value


def _timeout(value: Any) -> timedelta:
    if isinstance(value, bool) or not isinstance(value, (timedelta, int, float)):
        raise InvalidCall(f"timeout must be a timedelta or seconds, not {value!r:.80}.")
    try:
        wait = value if isinstance(value, timedelta) else timedelta(seconds=value)
    except (OverflowError, ValueError):  # infinity, nan
        raise InvalidCall(f"timeout is no length of time: {value!r:.80}.") from None
    if wait <= timedelta(0):
        raise InvalidCall(f"timeout must be longer than nothing, not {value!r:.80}.")
    if wait > MAX_TIMEOUT:
        raise InvalidCall(f"timeout must be at most {MAX_TIMEOUT.days} days, not {value!r:.80}.")
    return wait


def _concurrency(value: Any) -> tuple[str, int] | None:
    found = limits.checked_concurrency(value)
    if found is None:
        return None
    key = key_text(found[0], what="the key of concurrency")
    key_templates.names(key)
    return key, found[1]


def _label(value: Any) -> str:
    """Return what is only for people, cut and cleaned rather than refused."""
    return storable(str("" if value is None else value)[:MAX_LABEL], MAX_LABEL)[:MAX_LABEL]


def _creator(creator: Any) -> str:
    """
    Return the model's label and primary key as text; a foreign key would outlive nothing.

    A proxy stands for its model, and an anonymous user, as a request may have one, for nobody.
    """
    if creator is None or isinstance(creator, str):
        return _label(creator)
    if getattr(creator, "is_anonymous", False) is True:
        return ""
    if not isinstance(creator, models.Model):
        kind = type(creator).__name__
        raise InvalidCall(f"creator must be a model instance or text, not {kind}.")
    model = creator._meta.concrete_model or creator._meta.model
    if creator.pk is None:
        raise InvalidCall(f"creator is a {model._meta.label} that is not saved: save it first.")
    return _label(f"{model._meta.label}:{creator.pk}")


def _durable(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidCall(f"durable must be True or False, not {value!r:.80}.")
    return value


def _id(value: Any) -> Any:
    return value  # a companion's, who knows what an id is


def _context(value: Mapping[str, Any]) -> Any:
    return payloads.normal(dict(value), what="context")


CHECKS: Mapping[str, Callable[[Any], Any]] = {
    "priority": _priority,
    "queue": queue_name,
    "key": _key,
    "on_conflict": _on_conflict,
    "max_attempts": _max_attempts,
    "timeout": _timeout,
    "concurrency": _concurrency,
    "rate": limits.checked_rate,
    "label": _label,
    "creator": _creator,
    "durable": _durable,
    "id": _id,
    "context": _context,
}
"""Returns an option's stored form or raises InvalidCall. A default needs no check."""
