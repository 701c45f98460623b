"""Background jobs for Django: calls become jobs, jobs become results."""

from tasks_core.backends import job_backends
from tasks_core.backends.base import BaseJobBackend
from tasks_core.background import background
from tasks_core.calls import Call
from tasks_core.context import JobContext
from tasks_core.decorators import task
from tasks_core.definition import Task
from tasks_core.outcomes import Snooze
from tasks_core.receivers import receiver
from tasks_core.results import JobResult
from tasks_core.states import JobState

__all__ = [
    "BaseJobBackend",
    "Call",
    "JobContext",
    "JobResult",
    "JobState",
    "Snooze",
    "Task",
    "background",
    "job_backends",
    "receiver",
    "task",
]
