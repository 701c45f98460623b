"""Checks of what SCHEDULE, @periodic and SCHEDULER say."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import metadata
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import ImproperlyConfigured

from scheduler import calendars, conf, declarations
from scheduler.declarations import DuplicateKey, Problem
from scheduler.definitions.entry import Declaration
from scheduler.definitions.trial import try_job
from scheduler.exceptions import (
    InvalidJob,
    InvalidSchedule,
    InvalidTrigger,
    SchedulerError,
    UnplacedTask,
)
from tasks_core.checks.settings import check_tuning as check_tasks_core
from tasks_core.exceptions import InvalidCall, UnsupportedFeature
from tasks_core.words import listed

TAG = "jobs"
# Other distributions that install a package called "scheduler" over ours, or ours over theirs.
NAMESAKES = ("django-tasks-scheduler", "django-rq-scheduler")


@register(TAG)
def check_declarations(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E004 to E008, E015, E016: entries of SCHEDULE and @periodic that are no schedules."""
    if conf.problems():
        return []
    problems = declarations.read()[1]
    unread = [each for each in problems if not _is_its_own(each)] if check_tasks_core() else []
    wrong = [_wrong(problem) for problem in problems if problem not in unread]
    return [*wrong, *_unread(unread)]


@register(TAG)
def check_arguments(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E007: a job of the schedule would be refused."""
    return [message for each in known() for message in _arguments(each)]


@register(TAG)
def check_tuning(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E009: SCHEDULER holds a name or a value that cannot be."""
    return [Error(problem, id="tasks_scheduler.E009") for problem in conf.problems()]


@register(TAG)
def check_calendars(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E010: a calendar of the settings cannot be read."""
    if conf.problems():
        return []
    problems = map(_calendar_problem, conf.calendars())
    return [
        Error(f"SCHEDULER['CALENDARS']: {problem}", id="tasks_scheduler.E010")
        for problem in problems
        if problem
    ]


def _calendar_problem(name: str) -> str:
    try:
        calendars.declared(name)
    except InvalidSchedule as error:
        return str(error)
    return ""


@register(TAG)
def check_namesakes(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W005: another distribution installs a package of our name."""
    return [
        checks.Warning(
            f"{name} is installed, and its package is called 'scheduler' as well.",
            hint=f"The files of the two overwrite each other: pip uninstall {name}, then "
            "reinstall django-tasks-core.",
            id="tasks_scheduler.W005",
        )
        for name in NAMESAKES
        if _is_installed(name)
    ]


def known() -> list[Declaration]:
    """Return the declarations that can be read; what is wrong with the others is said here."""
    return [] if conf.problems() else list(declarations.read()[0].values())


def _is_its_own(problem: Problem) -> bool:
    return isinstance(problem.error, (SchedulerError, InvalidCall))


def _unread(problems: list[Problem]) -> Iterator[CheckMessage]:
    """E016: what TASKS_CORE is asked for to read an entry cannot be said."""
    if problems:
        yield Error(
            f"{listed(each.where for each in problems)} cannot be read before TASKS_CORE can.",
            hint="tasks_core.E004 says what is wrong with that; check again then.",
            id="tasks_scheduler.E016",
        )


def _wrong(problem: Problem) -> CheckMessage:
    message = str(problem)
    match problem.error:
        case DuplicateKey():
            return Error(message, id="tasks_scheduler.E008")
        case InvalidTrigger():
            return Error(message, id="tasks_scheduler.E004")
        case InvalidJob():
            return Error(message, id="tasks_scheduler.E007")
        case UnplacedTask():
            hint = 'Or write backend="default", or another alias of JOBS, into the entry.'
            return Error(message, hint=hint, id="tasks_scheduler.E015")
        case InvalidCall():
            return Error(message, id="tasks_scheduler.E006")
    return Error(message, id="tasks_scheduler.E005")


def _arguments(declaration: Declaration) -> Iterator[CheckMessage]:
    try:
        try_job(declaration)
    except ImproperlyConfigured:
        return  # E002 says so, or the check of JOBS
    except (InvalidCall, UnsupportedFeature) as error:
        yield Error(f"Schedule {declaration.key!r}: {error}", id="tasks_scheduler.E007")


def _is_installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True
