"""The setting ``QUEUED_EMAIL`` and its defaults."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import mail
from django.core.exceptions import ImproperlyConfigured

from tasks_core.calls import Call
from tasks_core.conf import misnamed
from tasks_core.exceptions import InvalidCall

APP = "tasks_core.contrib.mail"
QUEUED = f"{APP}.QueuedEmailBackend"
WHICH_MAILER = (
    'With MAILERS the mailer that really sends is named: "OPTIONS": {"mailer": "smtp"}, beside '
    f'"BACKEND": "{QUEUED}".'
)
OLD_WAY = 'connection=get_connection("django.core.mail.backends.smtp.EmailBackend")'
DEFAULTS: dict[str, Any] = {
    "BACKEND": "django.core.mail.backends.smtp.EmailBackend",  # what really sends
    "QUEUE": "default",
    "PRIORITY": 0,
    # With the default back-off some six to thirteen hours, so that a night without a mail
    # server loses nothing.
    "MAX_ATTEMPTS": 20,
    "TIMEOUT": 60,  # seconds that the mail server may be silent, if nothing else says so
    # A message of whose job nobody knows; longer than jobs may wait where nobody can tell.
    "RETAIN": timedelta(days=30),
}
LEAST_RETAIN = timedelta(days=1)
OF_JOBS = frozenset({"QUEUE", "PRIORITY", "MAX_ATTEMPTS"})


def has_mailers() -> bool:
    """Say whether the project has the MAILERS of Django 6.1, instead of all other settings."""
    return hasattr(mail, "mailers") and hasattr(settings, "MAILERS")


def at_once() -> str:
    """Return what sends a message without the queue, in the words of this project's Django."""
    return 'using="smtp", or which mailer sends' if has_mailers() else OLD_WAY


def get() -> dict[str, Any]:
    """Return QUEUED_EMAIL with its defaults; raise ImproperlyConfigured for what cannot be."""
    given = getattr(settings, "QUEUED_EMAIL", None) or {}
    for problem in problems(given):
        raise ImproperlyConfigured(problem)
    told = DEFAULTS | dict(given)
    return told | {"RETAIN": _duration(told["RETAIN"])}


def problems(given: Any) -> Iterator[str]:
    """Yield what is wrong with such a QUEUED_EMAIL, a sentence each."""
    yield from misnamed("QUEUED_EMAIL", given, DEFAULTS)
    if not isinstance(given, Mapping):
        return
    if given.get("BACKEND") == QUEUED:
        yield 'QUEUED_EMAIL["BACKEND"] must be what really sends, not the queue itself.'
    if not isinstance(given.get("TIMEOUT", 1), int | float) or given.get("TIMEOUT", 1) <= 0:
        yield f'QUEUED_EMAIL["TIMEOUT"] must be a number of seconds, not {given["TIMEOUT"]!r:.80}.'
    if not _is_retention(given.get("RETAIN", LEAST_RETAIN)):
        told = f"not {given['RETAIN']!r:.80}"
        yield f'QUEUED_EMAIL["RETAIN"] must be a timedelta, or seconds, of a day or more, {told}.'
    options = {name.lower(): value for name, value in given.items() if name in OF_JOBS}
    try:
        Call(None, **options).checked()
    except InvalidCall as error:
        yield f"QUEUED_EMAIL: {error}"


def _is_retention(value: Any) -> bool:
    try:
        return _duration(value) >= LEAST_RETAIN
    except (OverflowError, TypeError, ValueError):
        return False


def _duration(value: Any) -> timedelta:
    return value if isinstance(value, timedelta) else timedelta(seconds=value)
