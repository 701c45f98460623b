"""What every verb has at hand: a backend to ask, and how to answer."""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from django.core.management.base import CommandError, OutputWrapper

from tasks_core import job_backends
from tasks_core.backends.served import ServedBackend
from tasks_core.backends.served.questions import Wanted
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.models import Job
from tasks_core.presentation import as_json
from tasks_core.states import JobState


@dataclass(frozen=True, kw_only=True)
class Desk:
    """The backend that was asked for, and where the answer goes, as a table or as JSON."""

    backend: ServedBackend
    as_json: bool
    out: OutputWrapper
    err: OutputWrapper

    def say(self, value: Any, text: str) -> None:
        """Answer a script with ``value``, a person with ``text``."""
        self.out.write(as_json(value) if self.as_json else text)

    def job(self, job_id: UUID) -> Job | None:
        return next(iter(self.backend.questions.rows(self.backend.place, [job_id])), None)


class Verb(Protocol):
    """Does what the parsed arguments say, and returns the exit code of the command."""

    def __call__(self, desk: Desk, options: Namespace) -> int: ...


def backend_named(alias: str) -> ServedBackend:
    """Return the backend of this alias; leave with 2 if it keeps no jobs that we can look at."""
    try:
        backend = job_backends[alias]
    except InvalidJobBackend as error:
        raise CommandError(str(error), returncode=2) from error
    if not isinstance(backend, ServedBackend):
        raise CommandError(
            f"{backend} keeps no jobs that could be listed or acted on here: ask what runs them.",
            returncode=2,
        )
    return backend


def wanted(options: Namespace, states: Sequence[JobState] = ()) -> Wanted:
    """Return what ``--state``, ``--queue`` and ``--task`` select; without the first ``states``."""
    return Wanted(
        states=[JobState(options.state)] if options.state else states,
        queue=options.queue or "",
        task=options.task or "",
    )
