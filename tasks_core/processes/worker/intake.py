"""Which jobs a worker takes, and which of them it gives back."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from tasks_core import clock
from tasks_core.attempts import Attempt
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.processes.worker.durations import Durations
from tasks_core.processes.worker.slots import Slots
from tasks_core.processes.worker.threads import Exchange

if TYPE_CHECKING:
    from tasks_core.backends.served import ServedBackend

PATIENCE = 0.1  # seconds without progress after which waiting jobs are given back
HELP = 0.01  # seconds without progress after which another slot takes from them


class Intake:
    """Claims for the free slots, and a little ahead for jobs that are known to be short."""

    def __init__(
        self,
        backend: "ServedBackend",
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
        self.has_strays = False  # claimed, as far as the store knows
        self._told: int | None = None  # of how many free slots whoever hands out jobs knows
        self._unwanted: list[Attempt] = []  # handed to us after we had closed
        self._starting = threading.Lock()
        self._still_since = 0.0
        self._told_as: UUID | None = None  # who we were then; a presumed death changes it
        self._is_alone = False
        self._alone: tuple[UUID, int] | None = None  # the suspect that we had last

    @property
    def is_done(self) -> bool:
        """Say whether as many jobs were taken as were wanted."""
        return self.max_jobs is not None and self.claimed >= self.max_jobs

    def accept(self, taken: Callable[[], Sequence[Attempt]]) -> Exchange | None:
        """
        Hand to the slots what was claimed for us, and ``taken`` says; return a job's work.

        The thread that heard of it does that work, if it is returned: to wake another one takes
        as long as a short job.
        """
        with self._starting:
            attempts = taken()
            if self._told is not None:
                self._told -= len(attempts)
            # What was on its way to us when we took a suspect may not run beside it.
            if self.is_closed or self._is_alone or self._alone in self.slots.held:
                self._unwanted += attempts
            elif attempts:
                return self._start(attempts, here=True)
        return None

    def release_strays(self, *, are_likely: bool = False) -> None:
        """Give back what we own and were never told of, if there may be such."""
        self.has_strays |= are_likely
        if self.has_strays:
            with self._starting:  # what arrives meanwhile would be taken for a stray
                owner, self._told = self.heartbeat.owner, None
                self.backend.release_strays(owner, known=set(self.slots.held))
            self.has_strays = False

    def must_tell(self) -> bool:
        """Say whether whoever hands out jobs should know that there is more room than it thinks."""
        told = (self._told_as, self._told)
        return told != (self.heartbeat.owner, self.slots.free) and self._room()[0] > 0

    def take(self, *, waits: bool = False) -> list[Attempt]:
        """Claim what there is room for, and hand it to the slots; who ``waits`` is told of more."""
        limit, ahead = self._room()
        if limit + ahead <= 0:
            return []
        try:
            attempts = self._suspect()
            if not attempts and not self.has_suspects:
                attempts = self.backend.claim(
                    owner=self.heartbeat.owner,
                    limit=limit,
                    queues=self.queues,
                    ahead=ahead,
                    short=sorted(self.durations.short),
                    waits=waits,
                )
            with self._starting:
                if attempts:
                    self._start(attempts)
                is_told = waits and not self.has_suspects
                self._told = self.slots.free if is_told else None
                self._told_as = self.heartbeat.owner
        finally:
            self._is_alone = False
        return attempts

    def _start(self, attempts: Sequence[Attempt], *, here: bool = False) -> Exchange | None:
        self.claimed += len(attempts)
        if not self.slots.waiting:
            self.note_progress()  # they wait from now on
        in_turn = len(attempts) > 1 and self.durations.are_tiny(attempts)
        return self.slots.run(attempts, in_turn=in_turn, here=here)

    def close(self) -> None:
        """Take nothing more, and give back what has not begun."""
        with self._starting:
            self.is_closed = True
        self.give_back(everything=True)

    def note_progress(self) -> None:
        """Note that some job has ended, so that those who wait are about to start."""
        self._still_since = clock.monotonic()

    def give_back(self, *, everything: bool = False) -> None:
        """Give back what waits behind jobs that turn out to be long: others may be idle."""
        with self._starting:
            unwanted, self._unwanted = self._unwanted, []
        if unwanted:
            self.backend.release(unwanted)
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
        with self._starting:
            if not self.has_suspects or self.slots.held:
                return []
            self._is_alone = True  # from the question on: what is on its way comes too late
        owner = self.heartbeat.owner
        found = self.backend.claim(owner=owner, limit=1, queues=self.queues, alone=True)
        self._alone = found[0].key if found else None
        self.has_suspects = bool(found)
        return found
