"""Executions of jobs that can be told to stop: those over their time, and cancelled ones."""

import asyncio
import ctypes
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tasks_core import clock, executor
from tasks_core.attempts import Attempt
from tasks_core.exceptions import JobCancelled, JobInterrupted, TimeLimitExceeded
from tasks_core.outcomes import MAX_TRACEBACK, Errored, Outcome, storable

Reason = type[TimeLimitExceeded] | type[JobCancelled]

TOLD: dict[Reason, str] = {TimeLimitExceeded: "timeout", JobCancelled: "cancelled"}
"""What a job that was told to stop ends as, when it does not end by itself."""


class Execution:
    """
    One execution of user code, which can be told to stop while it runs and not afterwards.

    An exception that is sent to a thread arrives between any two of its instructions, perhaps
    when the job has ended and the thread is ours again, or another job's. So it is sent with a
    lock held and the job's code open; whoever closes it takes back what has not arrived. It is
    sent once, so after it has arrived nothing else can.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.told: Reason | None = None
        self.told_at = 0.0
        self._stop: Callable[[Reason], Any] | None = None
        self._stack: Callable[[], str] = str
        self._lock = threading.Lock()

    def run(self) -> Outcome:
        """Run the job in this thread."""
        thread = threading.get_ident()
        try:
            self._stack = lambda: _stack(thread)
            self._stop = lambda reason: _send(thread, reason)
            try:
                return executor.execute(self.attempt)
            finally:
                self._close(thread)
        except (TimeLimitExceeded, JobCancelled) as error:
            # It came when the job's own code had ended, but not yet this function.
            return executor.raised(self.attempt, error)

    async def arun(self) -> Outcome:
        """Run a coroutine job on this event loop; what is cancelled is its code alone."""
        loop = asyncio.get_running_loop()
        code = asyncio.create_task(executor.aexecute(self.attempt))
        self._stack = lambda: _coroutine_stack(code)
        self._stop = lambda reason: loop.call_soon_threadsafe(code.cancel)
        try:
            outcome = await code
        except asyncio.CancelledError as error:  # before it had begun
            outcome = executor.raised(self.attempt, error)
        if self.told and _was_cancelled(outcome):
            return executor.raised(self.attempt, self.told())
        return outcome

    def tell(self, reason: Reason) -> bool:
        """Tell the job to stop, once; return False when it runs no code or has been told."""
        with self._lock:
            if self._stop is None or self.told is not None:
                return False
            self.told, self.told_at = reason, clock.monotonic()
            self._stop(reason)
            return True

    def where(self) -> str:
        """Return the stack of the job's code, as a traceback has it."""
        return self._stack()

    def interrupted(self) -> Outcome:
        """Return how a job that still runs has ended for all others, and where it was."""
        outcome = executor.raised(self.attempt, (self.told or JobInterrupted)())
        if not isinstance(outcome, Errored):
            return outcome
        where = storable(self.where() + outcome.error.traceback, MAX_TRACEBACK, keep_end=True)
        return replace(outcome, error=replace(outcome.error, traceback=where))

    def _close(self, thread: int) -> None:
        with self._lock:
            self._stop = None
            if self.told is not None:
                _send(thread, None)


def _send(thread: int, reason: Reason | None) -> None:
    """Raise ``reason`` in a thread as soon as it runs Python code; None takes it back."""
    error = None if reason is None else ctypes.py_object(reason)
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), error)


def _was_cancelled(outcome: Outcome) -> bool:
    return isinstance(outcome, Errored) and isinstance(outcome.cause, asyncio.CancelledError)


def _stack(thread: int) -> str:
    """Return the stack of a thread as a traceback has it, or an empty text once it is gone."""
    frame = sys._current_frames().get(thread)  # noqa: SLF001 - documented, for this use
    return "".join(traceback.format_stack(frame)) if frame else ""


def _coroutine_stack(task: "asyncio.Task[Outcome]") -> str:
    """Return the stack down to what is awaited; asyncio itself shows its first frame alone."""
    awaited: Any = task.get_coro()
    frames = []
    while (frame := getattr(awaited, "cr_frame", None)) is not None:
        frames.append((frame, frame.f_lineno))
        awaited = awaited.cr_await
    return "".join(traceback.StackSummary.extract(frames).format())
