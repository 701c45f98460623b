"""A call that may be stored: the function, its arguments and its options, all checked."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

from django.db import models
from django.utils import timezone

from tasks_core import clock, payloads
from tasks_core.exceptions import InvalidCall
from tasks_core.outcomes import storable

MIN_PRIORITY, MAX_PRIORITY = -100, 100
MAX_QUEUE, MAX_KEY, MAX_LABEL = 64, 255, 255
MAX_ATTEMPTS = 10_000
DEFAULT_QUEUE = "default"

When = datetime | timedelta


class Options(TypedDict, total=False):
    """What may be said about a call, beside what to call and when."""

    priority: int  # -100 … 100, higher first
    queue: str
    key: str | None  # at most one unfinished job has it
    max_attempts: int | None  # None: TASKS_CORE["MAX_ATTEMPTS"]
    timeout: timedelta | float | None
    expires_at: datetime | None  # not started after this
    label: str  # for people: shown in lists
    creator: models.Model | str | None  # who asked for it


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one task, with its options. ``func`` may be a function, Task or dotted path."""

    func: Any
    args: Sequence[Any] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    when: When | None = field(default=None, kw_only=True)
    priority: int = field(default=0, kw_only=True)
    queue: str = field(default=DEFAULT_QUEUE, kw_only=True)
    key: str | None = field(default=None, kw_only=True)
    max_attempts: int | None = field(default=None, kw_only=True)
    timeout: timedelta | float | None = field(default=None, kw_only=True)
    expires_at: datetime | None = field(default=None, kw_only=True)
    label: str = field(default="", kw_only=True)
    creator: models.Model | str | None = field(default=None, kw_only=True)
    # For companions that must name the job before it exists and tell it what it is for.
    id: UUID | None = field(default=None, kw_only=True)
    context: Mapping[str, Any] = field(default_factory=dict, kw_only=True)

    def checked(self, *, now: Callable[[], datetime] = clock.now) -> "Call":
        """
        Return this call with everything in its stored form; raise InvalidCall.

        ``now`` is asked what a timedelta counts from.
        """
        return replace(
            self,
            args=_args(self.args),
            kwargs=_kwargs(self.kwargs),
            when=None if self.when is None else instant(self.when, what="when", now=now),
            priority=_priority(self.priority),
            queue=queue_name(self.queue),
            key=None if self.key is None else _short_text(self.key, "key", MAX_KEY),
            max_attempts=_max_attempts(self.max_attempts),
            timeout=_timeout(self.timeout),
            expires_at=None
            if self.expires_at is None
            else instant(self.expires_at, what="expires_at", now=now),
            label=_free_text(self.label),
            creator=_creator(self.creator),
            context=payloads.normal(dict(self.context), what="context"),
        )

    def options(self) -> dict[str, Any]:
        """Return every option by name: all fields but what to call and when."""
        return {name: getattr(self, name) for name in OPTION_DEFAULTS}


OPTION_DEFAULTS: dict[str, Any] = {
    option.name: {} if option.name == "context" else option.default
    for option in fields(Call)
    if option.name not in {"func", "args", "kwargs", "when"}
}


def instant(when: When, *, what: str, now: Callable[[], datetime] = clock.now) -> datetime:
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


def _args(args: Any) -> list[Any]:
    if not isinstance(args, (list, tuple)):
        raise InvalidCall(f"args must be a list or tuple, not {type(args).__name__}: args=[value].")
    normal: list[Any] = payloads.normal(args, what="args")
    return normal


def _kwargs(kwargs: Any) -> dict[str, Any]:
    if not isinstance(kwargs, Mapping):
        raise InvalidCall(f"kwargs must be a dict, not {type(kwargs).__name__}.")
    normal: dict[str, Any] = payloads.normal(dict(kwargs), what="kwargs")
    return normal


def _priority(priority: Any) -> int:
    if isinstance(priority, bool) or not isinstance(priority, int):
        raise InvalidCall(f"priority must be a whole number, not {priority!r:.80}.")
    if not MIN_PRIORITY <= priority <= MAX_PRIORITY:
        raise InvalidCall(
            f"priority must be from {MIN_PRIORITY} to {MAX_PRIORITY}, not {priority}."
        )
    return priority


def queue_name(value: Any) -> str:
    """Return the name of a queue; raise InvalidCall for one that no worker could be told."""
    name = _short_text(value, "queue", MAX_QUEUE)
    if "," in name:
        raise InvalidCall(f"queue must not contain a comma, which parts queues: {name!r}.")
    return name


def _short_text(value: Any, what: str, limit: int) -> str:
    if not isinstance(value, str) or not value or value != value.strip():
        raise InvalidCall(f"{what} must be text without space around it, not {value!r:.80}.")
    payloads.normal(value, what=what)
    if len(value) > limit:
        raise InvalidCall(f"{what} is longer than {limit} characters: {value!r:.80}.")
    return value


def _max_attempts(value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int)):
        raise InvalidCall(f"max_attempts must be a whole number, not {value!r:.80}.")
    if value is not None and not 1 <= value <= MAX_ATTEMPTS:
        raise InvalidCall(f"max_attempts must be from 1 to {MAX_ATTEMPTS}, not {value}.")
    return value


def _timeout(value: Any) -> timedelta | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (timedelta, int, float)):
        raise InvalidCall(f"timeout must be a timedelta or seconds, not {value!r:.80}.")
    try:
        wait = value if isinstance(value, timedelta) else timedelta(seconds=value)
    except (OverflowError, ValueError):  # infinity, nan
        raise InvalidCall(f"timeout is no length of time: {value!r:.80}.") from None
    if wait <= timedelta(0):
        raise InvalidCall(f"timeout must be longer than nothing, not {value!r:.80}.")
    return wait


def _free_text(value: Any) -> str:
    """Return what is only for people, cut and cleaned rather than refused."""
    return storable(str(value)[:MAX_LABEL], MAX_LABEL)[:MAX_LABEL]


def _creator(creator: Any) -> str:
    """Return the model's label and primary key as text; a foreign key would outlive nothing."""
    if creator is None:
        return ""
    if isinstance(creator, str):
        return _free_text(creator)
    if isinstance(creator, models.Model):
        return _free_text(f"{type(creator)._meta.label}:{creator.pk}")
    raise InvalidCall(f"creator must be a model instance or text, not {type(creator).__name__}.")
