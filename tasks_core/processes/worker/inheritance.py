"""What other processes of our supervisor owned when they died, and we look after."""

from queue import SimpleQueue
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db import connections

from tasks_core.attempts import Attempt
from tasks_core.outcomes import Cancelled
from tasks_core.processes.output import log_failure
from tasks_core.processes.worker.notes import NoNotes, Notes

if TYPE_CHECKING:
    from tasks_core.processes.worker import Worker

RETRY = 1.0  # seconds to the next try when the database is away


class Inheritance:
    """Does for each dead process what its backend does for the dead, one after the other."""

    def __init__(self, worker: "Worker", notes: Notes | NoNotes) -> None:
        self.worker = worker
        self.notes = notes
        self._waiting: SimpleQueue[dict[str, Any]] = SimpleQueue()

    def inherit(self, estate: dict[str, Any]) -> None:
        self._waiting.put(estate)

    def settle(self) -> None:
        """Do it, for ever: in a thread of its own, so that no outage keeps us from anything."""
        while True:
            estate = self._waiting.get()
            while not self._is_settled(estate):
                self.worker.left.wait(RETRY)
            self.notes.bury(estate["number"])
            connections.close_all()
            self.worker.wake()

    def _is_settled(self, estate: dict[str, Any]) -> bool:
        try:
            bury(self.worker.backend, estate)
        except Exception:  # noqa: BLE001 - as in Loop: an outage is no reason to end
            log_failure("the jobs of process %s cannot be taken back yet", estate["pid"])
            connections.close_all()
            return False
        return True


def bury(backend: Any, estate: dict[str, Any]) -> None:
    """Take back what a dead process owned: what it had started counts, the rest does not."""
    if not estate["complete"]:
        return  # what had started is not known, so its lease decides, and counts all
    started = {(UUID(job), fence): reason for job, fence, reason in estate["started"]}
    for owner in map(UUID, estate["owners"]):
        cancelled = [key for key, reason in started.items() if reason == "cancelled"]
        if cancelled:
            # It did end when it was told to, if not by itself.
            backend.settle(
                [
                    (Attempt(job_id=job, task="", owner=owner, fence=fence), Cancelled())
                    for job, fence in cancelled
                ]
            )
        backend.bury(owner, list(started), {key: why for key, why in started.items() if why})
