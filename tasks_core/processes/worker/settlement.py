"""How attempts ended, kept until the database has it."""

from typing import TYPE_CHECKING

from tasks_core.outcomes import Errored
from tasks_core.processes.worker.durations import Durations
from tasks_core.processes.worker.slots import Finished, Slots
from tasks_core.signals import job_settled, ownership_lost

if TYPE_CHECKING:
    from tasks_core.backends.served import ServedBackend


class Settlement:
    """Settles in groups what the slots have finished. After an outage it is settled, not lost."""

    def __init__(self, backend: "ServedBackend", *, slots: Slots, durations: Durations) -> None:
        self.backend = backend
        self.slots = slots
        self.durations = durations
        self.ended = 0
        self.errored = 0
        self.unsettled: list[Finished] = []

    def collect(self) -> bool:
        """Take what has finished since the last call; say whether anything has."""
        found = self.slots.finished()
        self.unsettled += found
        return bool(found)

    def settle(self) -> list[Finished]:
        """Store everything that is unsettled, and return it. Raises what the database raises."""
        if not self.unsettled:
            return []
        states = self.backend.settle([(attempt, outcome) for attempt, outcome, _ in self.unsettled])
        settled, self.unsettled = self.unsettled, []
        for finished, state in zip(settled, states, strict=True):
            self._tell(finished, is_ours=state is not None)
        return settled

    def _tell(self, finished: Finished, *, is_ours: bool) -> None:
        attempt, outcome, seconds = finished
        self.slots.notes.forget(*attempt.key)
        self.durations.note(attempt.task, seconds)
        self.ended += 1
        self.errored += isinstance(outcome, Errored)
        sender = type(self.backend)
        if is_ours:
            job_settled.send_robust(sender, attempt=attempt, outcome=outcome, seconds=seconds)
        else:
            ownership_lost.send_robust(sender, attempt=attempt, outcome=outcome)
