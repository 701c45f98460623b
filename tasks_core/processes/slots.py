"""Where claimed jobs run: threads for functions, one event loop for coroutines."""

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import close_old_connections, connections

from tasks_core import clock, executor
from tasks_core.attempts import Attempt
from tasks_core.outcomes import Outcome
from tasks_core.signals import job_started

Finished = tuple[Attempt, Outcome, float]  # … and the seconds that it ran


class Slots:
    """Runs up to ``size`` attempts at once and collects their outcomes."""

    def __init__(self, size: int, *, sender: type, on_finished: Callable[[], None]) -> None:
        self.size = size
        self.running: dict[tuple[UUID, int], Attempt] = {}  # by job and fence
        self._sender = sender
        self._on_finished = on_finished
        self._finished: queue.SimpleQueue[Finished] = queue.SimpleQueue()
        self._threads = ThreadPoolExecutor(size, thread_name_prefix="job")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = threading.Lock()

    @property
    def free(self) -> int:
        return self.size - len(self.running)

    def run(self, attempt: Attempt) -> None:
        """Start ``attempt`` in a free slot."""
        self._threads.submit(self._run, attempt)
        self.running[(attempt.job_id, attempt.fence)] = attempt

    def finished(self) -> list[Finished]:
        """Return what has ended since the last call, and free its slots."""
        found: list[Finished] = []
        while True:
            try:
                found.append(self._finished.get_nowait())
            except queue.Empty:
                break
        for attempt, _, _ in found:
            del self.running[(attempt.job_id, attempt.fence)]
        return found

    def close(self) -> None:
        """Let the threads go; call it when nothing is running."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)

    def _run(self, attempt: Attempt) -> None:
        began = clock.monotonic()
        try:
            # Asked here and not in the worker's loop: it may import the task's module.
            if executor.is_async(attempt):
                asyncio.run_coroutine_threadsafe(self._arun(attempt), self._event_loop())
                return
            outcome = self._execute(attempt)
        except BaseException as error:  # noqa: BLE001 - whatever it was, the slot must come back
            outcome = executor.raised(attempt, error)
        self._hand_in(attempt, outcome, clock.monotonic() - began)

    def _execute(self, attempt: Attempt) -> Outcome:
        # What a request does between two requests: a connection that is broken or too old
        # must not meet the next job.
        close_old_connections()
        job_started.send_robust(self._sender, attempt=attempt)
        outcome = executor.execute(attempt)
        leave_no_transaction()
        close_old_connections()
        return outcome

    async def _arun(self, attempt: Attempt) -> None:
        began = clock.monotonic()
        try:
            outcome = await self._aexecute(attempt)
        except BaseException as error:  # noqa: BLE001 - as above
            outcome = executor.raised(attempt, error)
        self._hand_in(attempt, outcome, clock.monotonic() - began)

    async def _aexecute(self, attempt: Attempt) -> Outcome:
        job_started.send_robust(self._sender, attempt=attempt)
        # A thread of its own for each job's synchronous parts, so that the transactions of
        # two coroutines never share a connection.
        async with ThreadSensitiveContext():
            outcome = await executor.aexecute(attempt)
            await sync_to_async(connections.close_all)()
        return outcome

    def _hand_in(self, attempt: Attempt, outcome: Outcome, seconds: float) -> None:
        self._finished.put((attempt, outcome, seconds))
        self._on_finished()

    def _event_loop(self) -> asyncio.AbstractEventLoop:
        with self._opening:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                loop = (self._loop,)
                threading.Thread(target=_serve, args=loop, name="coroutines", daemon=True).start()
            return self._loop


def _serve(loop: asyncio.AbstractEventLoop) -> None:
    """Run the loop until it is stopped; the sys.exit() of some job's child task is not that."""
    while True:
        try:
            loop.run_forever()
        except BaseException:  # noqa: BLE001, S112 - asyncio has given it to the task already
            continue
        break
    loop.close()


def leave_no_transaction() -> None:
    """Undo what a job began and left open: the next one in this thread would be inside it."""
    for connection in connections.all(initialized_only=True):
        if connection.in_atomic_block:
            connection.close()
            del connections[connection.alias]
