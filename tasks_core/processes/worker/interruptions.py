"""Who watches the running jobs: those over their time are told, and given up in the end."""

import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

from tasks_core import clock, conf
from tasks_core.exceptions import JobCancelled, TimeLimitExceeded
from tasks_core.processes.worker.executions import Execution

if TYPE_CHECKING:
    from tasks_core.processes.worker.slots import Slots

logger = logging.getLogger("tasks_core")

LONGEST = 0.5  # seconds between two looks: a job that has just begun may have a short time


class Interruptions:
    """
    Tells jobs whose time is up, and gives up those that do not end within TELL_GRACE.

    A thread of its own: the worker's may wait for the database.
    """

    def __init__(self, slots: "Slots", *, leave: Callable[[], None]) -> None:
        self.slots = slots
        self.leave = leave
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="interruptions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=1)

    def look(self) -> float:
        """Tell whom it is time to tell; return how many seconds nothing is to be done."""
        grace: float = conf.get("TELL_GRACE").total_seconds()
        wait, lost = LONGEST, []
        for execution in list(self.slots.running.values()):
            ends_at = execution.attempt.deadline
            if execution.told is not None:
                ends_at = execution.told_at + grace
            left = ends_at - clock.monotonic()
            if not ends_at or left > 0:
                wait = min(wait, left) if ends_at else wait
            elif execution.told is None:
                self._tell(execution)
                wait = min(wait, grace)
            else:
                lost.append(execution)
        if lost:
            self._give_up(lost)
        return wait

    def cancel(self, keys: Iterable[tuple[UUID, int]]) -> None:
        """Tell jobs that somebody wants them to stop; those that do not run yet are not told."""
        for key in keys:
            if self.slots.tell(key, JobCancelled):
                logger.warning("job %s was told to stop: it was cancelled", key[0])

    def _give_up(self, lost: list[Execution]) -> None:
        # Its thread cannot be ended but with the process, which others may still need a while.
        for execution in lost:
            if execution.attempt.key not in self.slots.given_up:
                self.slots.given_up.add(execution.attempt.key)
                logger.error(
                    "job %s does not stop; this process ends for it", execution.attempt.job_id
                )
        self.leave()

    def _tell(self, execution: Execution) -> None:
        if self.slots.tell(execution.attempt.key, TimeLimitExceeded):
            logger.warning("job %s was told to stop: its time is up", execution.attempt.job_id)

    def _run(self) -> None:
        while not self._ended.wait(self.look()):
            pass
