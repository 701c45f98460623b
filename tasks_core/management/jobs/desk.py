"""What every verb has at hand: a backend to ask, and how to answer."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from django.core.management.base import CommandError, OutputWrapper

from tasks_core import job_backends
from tasks_core.backends.database import DatabaseBackend
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.models import Job, JobQuerySet
from tasks_core.presentation import as_json
from tasks_core.states import JobState


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The backend that was asked for, and where the answer goes, as a table or as JSON."""

    backend: DatabaseBackend
    as_json: bool
    out: OutputWrapper
    err: OutputWrapper

    def say(self, value: Any, text: str) -> None:
        """Answer a script with ``value``, a person with ``text``."""
        self.out.write(as_json(value) if self.as_json else text)

    def jobs(self) -> JobQuerySet:
        return Job.objects.using(self.backend.database)


class Verb(Protocol):
    """Does what the parsed arguments say, and returns the exit code of the command."""

    def __call__(self, desk: Desk, options: Namespace) -> int: ...


def backend_named(alias: str) -> DatabaseBackend:
    """Return the backend of this alias; leave with 2 if it keeps no jobs."""
    try:
        backend = job_backends[alias]
    except InvalidJobBackend as error:
        raise CommandError(str(error), returncode=2) from error
    if not isinstance(backend, DatabaseBackend):
        raise CommandError(f"{backend} keeps no jobs that could be listed.", returncode=2)
    return backend


def narrowed(jobs: JobQuerySet, options: Namespace, states: Sequence[JobState] = ()) -> JobQuerySet:
    """Return those of the jobs that ``--state``, ``--queue`` and ``--task`` select."""
    told = {"queue": options.queue, "task": options.task}
    jobs = jobs.filter(**{name: value for name, value in told.items() if value})
    if options.state:
        jobs = jobs.in_state(JobState(options.state))
    return jobs.filter(state__in=states) if states else jobs
