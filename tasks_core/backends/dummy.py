"""Remembers calls and runs nothing: for tests that ask what was asked for."""

from dataclasses import replace
from typing import Any

from tasks_core import ids
from tasks_core.backends.storing import StoringBackend
from tasks_core.calls import Call
from tasks_core.results import JobResult, Snapshot
from tasks_core.signals import job_enqueued
from tasks_core.states import JobState


class DummyBackend(StoringBackend):
    """Keeps every accepted call in ``calls``; ``clear()`` forgets them."""

    can_be_durable = False

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.calls: list[Call] = []
        self.results: list[JobResult] = []

    def clear(self) -> None:
        self.calls.clear()
        self.results.clear()

    def store(self, call: Call) -> JobResult:
        job_id = call.id or ids.job_id()
        state = JobState.READY if call.when is None else JobState.SCHEDULED
        result = JobResult(Snapshot(id=job_id, status=state), backend=self)
        self.calls.append(replace(call, func=call.func.as_declared, id=job_id))
        self.results.append(result)
        job_enqueued.send_robust(type(self), result=result)
        return result
