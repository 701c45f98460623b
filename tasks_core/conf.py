"""Every default of the app, and the settings that change them: JOBS and TASKS_CORE."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from difflib import get_close_matches
from functools import cache
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

DEFAULT_ALIAS = "default"
DEFAULT_JOBS = {"BACKEND": "tasks_core.backends.immediate.ImmediateBackend", "OPTIONS": {}}

DEFAULTS: dict[str, Any] = {
    # A job.
    "MAX_ATTEMPTS": 5,
    "BACKOFF": timedelta(seconds=5),  # before the second attempt
    "BACKOFF_FACTOR": 3,  # times this for each further one
    "BACKOFF_CAP": timedelta(hours=1),
    "UNKNOWN_TASK_GRACE": timedelta(hours=1),  # for a deploy to bring the task of a job
    # How often jobs of a queue may start, such as {"mail": "100/m"}.
    "RATE_LIMITS": {},
    # A worker.
    "PROCESSES": 1,  # that one run_worker keeps alive
    "CONCURRENCY": 4,  # jobs at once in one process
    "LEASE": timedelta(seconds=60),  # a process silent for this long is taken for dead
    "POLL": timedelta(seconds=1),  # longest wait before looking for work again
    "GRACE": timedelta(seconds=30),  # how long a stopping worker waits for its jobs
    "TELL_GRACE": timedelta(seconds=5),  # from telling a job to stop to ending its process
    # Calls that are written down first, for a backend that keeps its jobs elsewhere.
    "DURABLE": [],  # aliases of JOBS of which every call is
    "OUTBOX_DATABASE": "default",  # where: the database of the rows that they belong to
    # The API, where it is mounted.
    "HTTP_RATE": "600/m",  # requests of a user; empty: any number
    "HTTP_STRANGERS_RATE": "30/m",  # of an address that is nobody's, or sends a wrong token
    "HTTP_CACHE": "default",  # which of CACHES counts them
    "HTTP_KEYS": timedelta(days=1),  # how long an Idempotency-Key is known, at least
    # Ended jobs.
    "RETAIN_SUCCESSFUL": timedelta(days=7),
    "RETAIN_FAILED": timedelta(days=30),
    "RETAIN_CANCELLED": timedelta(days=30),
    # Which modules beside those of the installed apps may hold plain functions that run.
    "ALLOWED_MODULES": [],
    # Which management commands may run as jobs, by tasks_core.contrib.commands.
    "COMMANDS": [],
}

# The least that makes sense; nothing is unlimited by a special number.
LEAST: dict[str, Any] = {
    "MAX_ATTEMPTS": 1,
    "BACKOFF": timedelta(0),
    "BACKOFF_FACTOR": 1,
    "BACKOFF_CAP": timedelta(0),
    "UNKNOWN_TASK_GRACE": timedelta(0),
    "PROCESSES": 1,
    "CONCURRENCY": 1,
    "LEASE": timedelta(seconds=1),  # renewed at a third of it
    "POLL": timedelta(milliseconds=1),
    "GRACE": timedelta(0),
    "TELL_GRACE": timedelta(0),
    "HTTP_KEYS": timedelta(0),
    "RETAIN_SUCCESSFUL": timedelta(0),
    "RETAIN_FAILED": timedelta(0),
    "RETAIN_CANCELLED": timedelta(0),
}


@cache
def get(name: str) -> Any:
    """Return one value of TASKS_CORE, or its default; a duration may be given in seconds."""
    default = DEFAULTS[name]
    value = configured().get(name, default)
    if isinstance(default, timedelta) and not isinstance(value, timedelta):
        return timedelta(seconds=value)
    if isinstance(default, list) and isinstance(value, str):
        return [value]  # a check refuses it; until then, a part of a name is no name
    return value


@receiver(setting_changed)
def forget(*, setting: str, **kwargs: Any) -> None:
    """Read a setting again that a test has changed; it is read some ten times for each job."""
    if setting == "TASKS_CORE":
        get.cache_clear()


def configured() -> Mapping[str, Any]:
    """Return the TASKS_CORE setting; raise ImproperlyConfigured for what it cannot be."""
    values: Any = getattr(settings, "TASKS_CORE", None) or {}
    for problem in problems(values):
        raise ImproperlyConfigured(problem)
    return values  # type: ignore[no-any-return]


def problems(values: Any) -> Iterator[str]:
    """Yield what makes such a TASKS_CORE unreadable, a sentence each."""
    yield from misnamed("TASKS_CORE", values, DEFAULTS)


def misnamed(setting: str, values: Any, known: Mapping[str, Any]) -> Iterator[str]:
    """Yield why a setting that must be a dict with some of these keys is none."""
    if not isinstance(values, Mapping):
        yield f"{setting} must be a dict, not {type(values).__name__}."
        return
    for key in values:
        if key not in known:
            yield f"{setting} has no key {key!r}.{did_you_mean(key, known)}"


def did_you_mean(word: str, known: Any) -> str:
    """Return a sentence that names the nearest known word, or the known words."""
    near = get_close_matches(str(word), [str(name) for name in known], n=1)
    if near:
        return f" Did you mean {near[0]!r}?"
    return f" Known: {', '.join(sorted(str(name) for name in known)) or 'none'}."


def jobs() -> dict[str, dict[str, Any]]:
    """Return the JOBS setting by alias. It is flat if and only if "BACKEND" is a key."""
    setting: Any = getattr(settings, "JOBS", None) or DEFAULT_JOBS
    if not isinstance(setting, dict):
        raise ImproperlyConfigured(f"JOBS must be a dict, not {type(setting).__name__}.")
    return {DEFAULT_ALIAS: setting} if "BACKEND" in setting else dict(setting)
