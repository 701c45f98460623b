"""A backend that keeps its jobs where no transaction of ours reaches: it has them on commit."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from django.core.checks import CheckMessage, Error
from django.db import connections, transaction

from tasks_core import conf, ids
from tasks_core.backends.storing import StoringBackend
from tasks_core.calls import Call
from tasks_core.results import JobResult, Snapshot
from tasks_core.signals import job_enqueued
from tasks_core.states import JobState


class ElsewhereBackend(StoringBackend):
    """
    Pushes calls when the caller's transaction commits; define ``push``.

    The transaction is that of ``TASKS_CORE["OUTBOX_DATABASE"]``. Outside one, and with
    OPTIONS={"on_commit": False}, calls are pushed at once. What a push on commit raises reaches
    who commits, when the transaction itself has been committed; a call that must not be lost
    says ``durable=True``.
    """

    known_options: ClassVar[Mapping[str, str]] = {"on_commit": "True or False"}
    """The names in OPTIONS, each with what its value is."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.on_commit: bool = options.get("on_commit", True)

    def push(self, calls: Sequence[Call]) -> list[JobResult]:
        """
        Store these checked calls now, each with its id; the outbox asks for no more than this.

        Raises what the store raises when it is away. A backend that can tell stores no second
        job with the same id. ``tell`` the results of new ones.
        """
        raise TypeError(f"{type(self).__name__} defines no push().")

    def store(self, call: Call) -> JobResult:
        return self.enqueue_many([call])[0]

    def enqueue_many(self, calls: Sequence[Call]) -> list[JobResult]:
        if not calls:
            return []  # as when all of them are durable: nobody need be there
        named = with_ids(calls)
        if not self.waits_for_commit():
            return self.push(named)
        push = partial(self.push, named)
        transaction.on_commit(push, using=conf.get("OUTBOX_DATABASE"))
        return [JobResult(expected(call), backend=self) for call in named]

    def waits_for_commit(self) -> bool:
        """Say whether what is stored now belongs to a transaction that may be rolled back."""
        return self.on_commit and connections[conf.get("OUTBOX_DATABASE")].in_atomic_block

    def tell(self, results: Iterable[JobResult]) -> None:
        """Say that these jobs were stored."""
        for result in results:
            job_enqueued.send_robust(type(self), result=result)

    def check(self) -> list[CheckMessage]:
        found = [self._unknown(name) for name in self.options if name not in self.known_options]
        if not isinstance(self.on_commit, bool):
            found.append(
                Error(
                    f"{self}: on_commit must be True or False, not {self.on_commit!r:.80}.",
                    hint="False pushes calls at once, whether or not a transaction is open.",
                    id="tasks_core.E003",
                )
            )
        return found

    def _unknown(self, name: object) -> CheckMessage:
        known = ", ".join(f'"{option}": {value}' for option, value in self.known_options.items())
        near = conf.did_you_mean(str(name), self.known_options).strip()
        return Error(
            f"{self}: unknown OPTIONS {name!r:.80}.",
            hint=f"{near} OPTIONS takes {known}.",
            id="tasks_core.E003",
        )


def with_ids(calls: Sequence[Call]) -> list[Call]:
    """Return the calls, each with an id: its own, or a new one in their order."""
    new_ids = iter(ids.job_ids(sum(call.id is None for call in calls)))
    return [call if call.id else replace(call, id=next(new_ids)) for call in calls]


def expected(call: Call) -> Snapshot:
    """Return what is known of a job that nobody has begun."""
    status = JobState.READY if call.when is None else JobState.SCHEDULED
    return Snapshot(id=call.id, status=status)
