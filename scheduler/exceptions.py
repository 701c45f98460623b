"""What can be wrong with a schedule, found before it runs."""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured

from tasks_core.exceptions import InvalidCall


class SchedulerError(Exception):
    """The base of every error of this app."""


class InvalidTrigger(SchedulerError, ValueError):
    """A trigger cannot be read, or breaks the promise to give ever later due times."""


class InvalidSchedule(SchedulerError, ImproperlyConfigured):
    """A declaration in SCHEDULE or of @periodic cannot become a schedule."""


class InvalidJob(SchedulerError, InvalidCall):
    """A declaration names a task that may run, with arguments or options that no job can have."""


class OperationRefused(SchedulerError, ValueError):
    """What an operator asks for does not fit the schedule as it is."""


class UnknownSchedule(SchedulerError, LookupError):
    """There is no schedule with this key."""


class UnplacedTask(InvalidSchedule):
    """A task of django.tasks names a backend of TASKS that no backend of JOBS is joined to."""
