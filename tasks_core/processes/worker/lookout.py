"""When a worker looks for what, and who wakes it before: it sleeps as long as it can."""

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from tasks_core import clock
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.processes.worker.intake import Intake
from tasks_core.processes.worker.threads import Exchange
from tasks_core.processes.worker.wakeup import WakeUp
from tasks_core.wakes import Wake

if TYPE_CHECKING:
    from tasks_core.backends.served import ServedBackend
    from tasks_core.backends.served.told import Look


class Lookout:
    """
    Dispatches deferred jobs when they are due, and looks now and then at all there is to do.

    Whoever was told of a job that is ready claims it at once, without a look.
    """

    def __init__(
        self,
        backend: "ServedBackend",
        heartbeat: Heartbeat,
        intake: Intake,
        *,
        queues: Sequence[str] | None,
        wake: Callable[[], None],
        poll: float | None = None,
    ) -> None:
        self.backend = backend
        self.heartbeat = heartbeat
        self.intake = intake
        self.queues = queues
        self._wake = wake
        listener = backend.listener(queues=queues, owner=lambda: heartbeat.owner)
        self.wake_up = WakeUp(
            listener, on_wake=self._hear, begin=intake.slots.threads.borrow, poll=poll
        )
        self._has_heard = False
        self._has_strays = False
        self._due_at = 0.0  # by the monotonic clock, as the next
        self._look_at = 0.0

    def start(self) -> None:
        self.wake_up.start()

    def stop(self) -> None:
        self._has_strays |= self.wake_up.is_live  # who is interrupted may be hearing of a job
        self.wake_up.stop()

    def hurry(self) -> None:
        """Look and dispatch with the next tick, whenever that would have been."""
        self._due_at = self._look_at = 0.0

    def dispatch(self) -> int:
        """Make claimable what is due; ask the database only when something must be."""
        if clock.monotonic() < self._due_at:
            return 0
        count = self.backend.dispatch()
        # Whether there are more, and when, the look tells.
        self._due_at, self._look_at = math.inf, 0.0
        return count

    def look(self, *, found_work: bool) -> "Look | None":
        """Return what there is to do, or None while it is not time to look."""
        now = clock.monotonic()
        if not self._has_heard and now < self._look_at:
            if found_work:
                wait = self.wake_up.longest_wait(found_work=True)
                self._look_at = min(self._look_at, now + wait)
            return None
        self._has_heard = False  # before the look, which sees what is told of from now on
        seen = self.backend.look(self.heartbeat.owner, queues=self.queues)
        now = clock.monotonic()
        self._look_at = now + self.wake_up.longest_wait(found_work=found_work)
        self._due_at = math.inf
        if seen.next_run_after is not None:
            self._due_at = now + clock.real_seconds(seen.next_run_after - seen.now)
        return seen

    @property
    def is_handed(self) -> bool:
        """Say whether what comes is claimed for us at this moment, as far as we take it."""
        listener = self.wake_up.listener
        return self.wake_up.is_live and listener is not None and listener.hands_out

    def lost_something(self) -> bool:
        """Say, once, whether something that was claimed for us may never have arrived."""
        has_strays, self._has_strays = self._has_strays, False
        return has_strays

    @property
    def wait(self) -> float:
        """Return for how many seconds there is nothing to do, as far as we know."""
        if self._has_heard:
            return 0.0
        return max(0.0, min(self._due_at, self._look_at) - clock.monotonic())

    def _hear(self, heard: Wake) -> Exchange | None:
        # In the thread that listens.
        listener = self.wake_up.listener
        if heard is Wake.JOBS and listener is not None and listener.hands_out:
            # The worker is woken when the first of them ends.
            return self.intake.accept(listener.taken)
        if heard & Wake.STRAYS:
            self._has_strays = True
        if heard & ~Wake.JOBS:
            self._has_heard = True
        self._wake()
        return None
