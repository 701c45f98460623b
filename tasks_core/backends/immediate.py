"""In-band: the job runs inside the call that asks for it. The default, and no surprise."""

from collections.abc import Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, transaction

from tasks_core import clock, executor, ids, payloads, registry
from tasks_core.attempts import Attempt
from tasks_core.backends.base import BaseJobBackend
from tasks_core.outcomes import (
    UNKNOWN_TASK,
    AttemptError,
    Cancelled,
    Errored,
    Outcome,
    Snoozed,
    Succeeded,
)
from tasks_core.results import JobResult, Snapshot
from tasks_core.signals import job_enqueued, job_settled, job_started
from tasks_core.states import JobState


class ImmediateBackend(BaseJobBackend):
    """
    Runs each call at once, in a savepoint, with arguments and result as they would be stored.

    Priority, queue, key, max_attempts, concurrency and rate are accepted and change nothing:
    there is no second job to go before, to be equal to, to try again, or to wait for. What a job
    raises, or the end of its savepoint, ends on the result and in the log; OPTIONS={"raise": True}
    raises it to the caller instead. A KeyboardInterrupt is always raised: it is meant for the
    caller's process.
    """

    in_band = True

    def enqueue(
        self,
        func: Callable[..., Any],
        args: list[Any],
        kwargs: Mapping[str, Any],
        *,
        priority: int = 0,
        queue: str = "default",
        key: str | None = None,
        on_conflict: str = "keep",
        max_attempts: int | None = None,
        expires_at: datetime | None = None,
        concurrency: tuple[str, int] | None = None,
        rate: str | None = None,
        label: str = "",
        creator: str = "",
        id: UUID | None = None,  # noqa: A002 - the word of Call
        context: Mapping[str, Any] = MappingProxyType({}),
    ) -> JobResult:
        attempt = Attempt(
            job_id=id or ids.job_id(),
            task=registry.find(func).name,
            args=payloads.normal(args, what="args"),
            kwargs=payloads.normal(dict(kwargs), what="kwargs"),
            queue=queue,
            priority=priority,
            context=dict(context),
        )
        job_enqueued.send_robust(type(self), result=self._result(attempt, JobState.READY))
        if expires_at is not None and expires_at <= clock.now():
            return self._result(attempt, JobState.CANCELLED, reason="expired", attempts=0)
        return self._ended(attempt, self._run(attempt))

    def check(self) -> list[CheckMessage]:
        unknown = set(self.options) - {"raise"}
        if unknown:
            return [
                Error(
                    f"{self}: unknown OPTIONS {', '.join(sorted(unknown))}.",
                    hint='The only option is {"raise": True}.',
                    id="tasks_core.E003",
                )
            ]
        return []

    def _run(self, attempt: Attempt) -> Outcome:
        job_started.send_robust(type(self), attempt=attempt)
        began = clock.monotonic()
        outcome = self._executed(attempt)
        seconds = clock.monotonic() - began
        job_settled.send_robust(type(self), attempt=attempt, outcome=outcome, seconds=seconds)
        cause = outcome.cause if isinstance(outcome, Errored) else None
        if cause and (self.options.get("raise") or isinstance(cause, KeyboardInterrupt)):
            raise cause
        return outcome

    def _executed(self, attempt: Attempt) -> Outcome:
        outcome: Outcome | None = None
        try:
            with transaction.atomic(using=DEFAULT_DB_ALIAS):
                outcome = executor.execute(attempt)
                if not isinstance(outcome, Succeeded):
                    transaction.set_rollback(True, using=DEFAULT_DB_ALIAS)  # its savepoint alone
        except BaseException as error:
            if outcome is None:
                raise  # there is no database: the job has not run
            # Deferred constraints and on_commit callbacks, where no transaction is around us.
            kept = AttemptError.of(error, attempt=attempt.number, at=clock.now())
            return Errored(kept, cause=error)
        return outcome

    def _ended(self, attempt: Attempt, outcome: Outcome) -> JobResult:
        match outcome:
            case Succeeded(value):
                return self._result(attempt, JobState.SUCCESSFUL, value=value)
            case Errored(error):
                return self._result(attempt, JobState.FAILED, errors=[error], reason=outcome.reason)
            case Snoozed(_, error) if error is not None:
                return self._result(attempt, JobState.FAILED, errors=[error], reason=UNKNOWN_TASK)
            case Snoozed():
                return self._result(attempt, JobState.CANCELLED, reason="snoozed in-band")
            case Cancelled(reason):
                return self._result(attempt, JobState.CANCELLED, reason=reason)

    def _result(self, attempt: Attempt, status: JobState, **known: Any) -> JobResult:
        attempts = known.pop("attempts", 0 if status == JobState.READY else 1)
        snapshot = Snapshot(id=attempt.job_id, status=status, attempts=attempts, **known)
        return JobResult(snapshot, backend=self)
