"""Which jobs a worker takes, and which of them it gives back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tasks_core import clock
from tasks_core.attempts import Attempt
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.processes.worker.durations import Durations
from tasks_core.processes.worker.slots import Slots

if TYPE_CHECKING:
    from tasks_core.backends.database import DatabaseBackend

PATIENCE = 0.1  # seconds without progress after which waiting jobs are given back
HELP = 0.01  # seconds without progress after which another slot takes from them


class Intake:
    """Claims for the free slots, and a little ahead for jobs that are known to be short."""

    def __init__(
        self,
        backend: "DatabaseBackend",
        *,
        heartbeat: Heartbeat,
        slots: Slots,
        durations: Durations,
        queues: Sequence[str] | None = None,
        max_jobs: int | None = None,
    ) -> None:
        self.backend = backend
        self.heartbeat = heartbeat
        self.slots = slots
        self.durations = durations
        self.queues = queues
        self.max_jobs = max_jobs
        self.claimed = 0
        self.is_closed = False
        self.has_suspects = False
        self._still_since = 0.0

    @property
    def is_done(self) -> bool:
        """Say whether as many jobs were taken as were wanted."""
        return self.max_jobs is not None and self.claimed >= self.max_jobs

    def take(self) -> list[Attempt]:
        """Claim what there is room for, and hand it to the slots."""
        limit, ahead = self._room()
        if limit + ahead <= 0:
            return []
        attempts = self._suspect()
        if not attempts and not self.has_suspects:
            attempts = self.backend.claim(
                owner=self.heartbeat.owner,
                limit=limit,
                queues=self.queues,
                ahead=ahead,
                short=sorted(self.durations.short),
            )
        self.claimed += len(attempts)
        if attempts:
            self.slots.run(attempts, in_turn=self.durations.are_tiny(attempts))
        return attempts

    def close(self) -> None:
        """Take nothing more, and give back what has not begun."""
        self.is_closed = True
        self.give_back(everything=True)

    def note_progress(self) -> None:
        """Note that some job has ended, so that those who wait are about to start."""
        self._still_since = clock.monotonic()

    def give_back(self, *, everything: bool = False) -> None:
        """Give back what waits behind jobs that turn out to be long: others may be idle."""
        if not self.slots.waiting:
            self.note_progress()
            return
        still_for = clock.monotonic() - self._still_since
        if everything or self.slots.refused or still_for > PATIENCE:
            self.backend.release(self.slots.take_back())
        elif still_for > HELP:
            self.slots.help_out()

    def _room(self) -> tuple[int, int]:
        """Return how many jobs to claim for free slots, and how many more to have at hand."""
        # Who was frozen for a while may have been taken for dead: first a renewal, then claims.
        if self.is_closed or not self.heartbeat.is_fresh:
            return 0, 0
        limit = self.slots.free
        if self.max_jobs is not None:
            return min(limit, self.max_jobs - self.claimed), 0
        if self.has_suspects or not self._will_be_free():
            return limit, 0
        return limit, max(0, self.durations.ahead() - self.slots.waiting)

    def _will_be_free(self) -> bool:
        """Say whether some slot will be free in a moment, as far as is known."""
        # Without one, jobs would be claimed ahead and given back, over and over.
        running = [execution.attempt for execution in list(self.slots.running.values())]
        return sum(map(self.durations.is_long, running)) < self.slots.size

    def _suspect(self) -> list[Attempt]:
        """Return a job that must run alone, once nothing else runs here."""
        if not self.has_suspects or self.slots.held:
            return []
        found = self.backend.claim(
            owner=self.heartbeat.owner, limit=1, queues=self.queues, alone=True
        )
        self.has_suspects = bool(found)
        return found
