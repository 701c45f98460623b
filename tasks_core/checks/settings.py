"""Checks of the settings alone: no database, no server is asked."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.util import find_spec
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.checks import Warning as CheckWarning

from tasks_core import conf, limits
from tasks_core.backends import job_backends
from tasks_core.checks.texts import TEXTS, wanted
from tasks_core.exceptions import InvalidCall, InvalidJobBackend
from tasks_core.options import queue_name
from tasks_core.words import kind_of

TAG = "jobs"
COMPANION = "tasks_scheduler"
RATES = "RATE_LIMITS"
EXAMPLES = {  # of lists
    "ALLOWED_MODULES": "shared.jobs",
    "COMMANDS": "clearsessions",
    "DURABLE": "fast",
}
JOBS_KEYS = ("BACKEND", "OPTIONS")


@register(TAG)
def check_backends(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E001, E010, E011, E013: a backend of JOBS cannot be built. Else what it says of itself."""
    jobs = getattr(settings, "JOBS", None)
    if jobs is not None and not isinstance(jobs, dict):
        return [
            Error(
                f"JOBS must be a dict, not {type(jobs).__name__}.",
                hint='JOBS = {"BACKEND": "tasks_core.backends.database.DatabaseBackend"}',
                id="tasks_core.E001",
            )
        ]
    return [message for alias in job_backends for message in (*_keys(alias), *_backend(alias))]


def _keys(alias: str) -> Iterator[CheckMessage]:
    """E008: a key beside BACKEND and OPTIONS, which nothing would read."""
    config = conf.jobs()[alias]
    for key in config if isinstance(config, dict) else ():
        if key not in JOBS_KEYS:
            yield Error(
                f"JOBS: the backend {alias!r} has no key {key!r}.",
                hint=conf.did_you_mean(key, JOBS_KEYS).strip(),
                id="tasks_core.E008",
            )


def _backend(alias: str) -> Iterator[CheckMessage]:
    try:
        backend = job_backends[alias]
    except InvalidJobBackend as error:
        yield Error(str(error), hint=error.hint, id=error.check_id)
    else:
        yield from backend.check()


@register(TAG)
def check_default_alias(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W001: JOBS has aliases but none is called "default"."""
    jobs = getattr(settings, "JOBS", None) or {}
    if not isinstance(jobs, dict) or conf.DEFAULT_ALIAS in conf.jobs():
        return []
    return [
        CheckWarning(
            'JOBS has no backend "default": background.enqueue() will fail without on(alias).',
            hint='Name one of the aliases "default".',
            id="tasks_core.W001",
        )
    ]


@register(TAG)
def check_tuning(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E004: TASKS_CORE has an unknown key, or a value of the wrong type or size."""
    values = getattr(settings, "TASKS_CORE", None) or {}
    unreadable: list[CheckMessage] = [
        Error(problem, hint="See docs/reference/settings.", id="tasks_core.E004")
        for problem in conf.problems(values)
    ]
    if not isinstance(values, Mapping):
        return unreadable
    return [*unreadable, *_values(values)]


def _values(values: Mapping[str, Any]) -> list[CheckMessage]:
    return [
        Error(
            f"TASKS_CORE[{name!r}] must be {_wanted(name)}, not {value!r}.",
            hint=_default(name),
            id="tasks_core.E004",
        )
        for name, value in values.items()
        if name in conf.DEFAULTS and name != RATES and not _fits(value, name)
    ]


@register(TAG)
def check_rates(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E009: TASKS_CORE["RATE_LIMITS"] is no dict, or names a queue or a rate that cannot be."""
    values = getattr(settings, "TASKS_CORE", None) or {}
    rates = values.get(RATES, {}) if isinstance(values, Mapping) else {}
    example = 'Write "RATE_LIMITS": {"mail": "100/m"}: a number of starts in s, m, h or d.'
    if not isinstance(rates, Mapping):
        told = [f"TASKS_CORE[{RATES!r}] must be a dict, not {type(rates).__name__}."]
    else:
        told = [f"TASKS_CORE[{RATES!r}]: {why}" for why in _wrong_rates(rates)]
    return [Error(text, hint=example, id="tasks_core.E009") for text in told]


def _wrong_rates(rates: Mapping[Any, Any]) -> Iterator[str]:
    for queue, rate in rates.items():
        try:
            queue_name(queue)
            limits.spacing(rate)
        except InvalidCall as error:
            yield f"of {queue!r:.80}: {error}"


def _default(name: str) -> str:
    default = conf.DEFAULTS[name]
    if isinstance(default, timedelta):
        seconds = default.total_seconds()
        return f"Give seconds, or a timedelta. The default is {seconds:g} seconds ({default})."
    if isinstance(default, list):
        return f'Write "{name}": ["{EXAMPLES[name]}"]. The default is {default!r}.'
    return f"The default is {default!r}."


def _wanted(name: str) -> str:
    least = conf.LEAST.get(name)
    if isinstance(least, timedelta):
        return f"a number of seconds or a timedelta, at least {least.total_seconds():g} s"
    if name in TEXTS:
        return wanted(name)
    kind = kind_of(conf.DEFAULTS[name])
    return f"{kind} of names" if least is None else f"{kind} of at least {least}"


def _fits(value: Any, name: str) -> bool:
    default = conf.DEFAULTS[name]
    if isinstance(value, bool):
        return False
    if isinstance(default, list):
        return isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
    if name in TEXTS:
        return isinstance(value, str) and TEXTS[name](value)
    if isinstance(default, timedelta) and isinstance(value, int | float):
        try:
            value = timedelta(seconds=value)
        except (OverflowError, ValueError):  # infinity, nan
            return False
    return isinstance(value, type(default)) and value >= conf.LEAST[name]


@register(TAG)
def check_time_zones(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E005: without USE_TZ, stored times would be local and jump twice a year."""
    if settings.USE_TZ:
        return []
    return [
        Error(
            "USE_TZ is False: the times of jobs would be local, and ambiguous when clocks go back.",
            hint="Set USE_TZ = True.",
            id="tasks_core.E005",
        )
    ]


@register(TAG)
def check_companion(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W002: SCHEDULE is set without its app. W003: another package has taken the app's name."""
    # Asked for by its label: another package may be installed under the same name.
    if not getattr(settings, "SCHEDULE", None) or COMPANION in apps.app_configs:
        return []
    if apps.is_installed("scheduler"):
        return list(_foreign_companion())
    return [
        CheckWarning(
            "SCHEDULE is set, but nothing reads it.",
            hint='Scheduling is its own opt-in: add "scheduler" to INSTALLED_APPS and migrate.',
            id="tasks_core.W002",
        ),
        *_foreign_companion(),
    ]


def _foreign_companion() -> list[CheckMessage]:
    found = find_spec("scheduler")
    if found is None or find_spec("scheduler.materialise") is not None:
        return []
    return [
        CheckWarning(
            f"The package 'scheduler' at {found.origin} is not the one of django-tasks-core.",
            hint="Another distribution installs a package of that name; uninstall it.",
            id="tasks_core.W003",
        )
    ]
