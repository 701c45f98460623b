"""Where coroutine jobs run: on one event loop, whatever slot they have."""

import asyncio
import threading

from asgiref.sync import ThreadSensitiveContext, sync_to_async
from django.db import connections

from tasks_core.outcomes import Outcome
from tasks_core.processes.worker.executions import Execution
from tasks_core.signals import job_started


class Coroutines:
    """One event loop in a thread of its own, for the coroutine jobs of all slots."""

    def __init__(self, sender: type) -> None:
        self._sender = sender
        self._loop: asyncio.AbstractEventLoop | None = None
        self._opening = threading.Lock()

    def run(self, execution: Execution) -> Outcome:
        """Run a job on the loop; the calling thread, which is its slot, waits for it."""
        return asyncio.run_coroutine_threadsafe(self._run(execution), self._opened()).result()

    def close(self) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)

    async def _run(self, execution: Execution) -> Outcome:
        job_started.send_robust(self._sender, attempt=execution.attempt)
        # A thread of its own for each job's synchronous parts, so that the transactions of
        # two coroutines never share a connection.
        async with ThreadSensitiveContext():
            outcome = await execution.arun()
            await sync_to_async(connections.close_all)()
        return outcome

    def _opened(self) -> asyncio.AbstractEventLoop:
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
