"""What some worker must do now and then: rescue, expire, prune."""

from datetime import timedelta
from typing import TYPE_CHECKING

from tasks_core import clock, conf
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.states import FINAL

if TYPE_CHECKING:
    from tasks_core.backends.served import ServedBackend
    from tasks_core.backends.served.told import Look

PRUNE_EVERY = 600.0  # seconds
PAUSE = 0.2  # seconds between two batches while more may be left, in which claims go on


class Maintenance:
    """Does what a look shows to be necessary. Any number of workers may do so at once."""

    def __init__(self, backend: "ServedBackend", heartbeat: Heartbeat) -> None:
        self.backend = backend
        self.heartbeat = heartbeat
        self._prune_at = clock.monotonic() + PRUNE_EVERY

    def tick(self, seen: "Look | None") -> bool:
        """Act on a look, if there was one; say whether jobs may have become claimable."""
        if clock.monotonic() >= self._prune_at:
            self._prune_at = clock.monotonic() + (PAUSE if self.prune() else PRUNE_EVERY)
        if seen is None:
            return False
        if seen.next_expiry is not None and seen.next_expiry <= seen.now:
            self.backend.expire()
        return seen.has_dead and self.rescue() > 0

    @property
    def wait(self) -> float:
        """Return the seconds until there is something to do that no look shows."""
        return max(0.0, self._prune_at - clock.monotonic())

    def rescue(self) -> int:
        """Take back the jobs of the dead, once we know that it is not we who were cut off."""
        lease: timedelta = conf.get("LEASE")
        if self.heartbeat.contact() < lease:
            return 0
        return self.backend.rescue(self.heartbeat.owner)

    def prune(self) -> int:
        """Remove one batch for each final state, so that claims are never kept waiting for long."""
        count = sum(next(self.backend.prune(state), 0) for state in sorted(FINAL))
        return count or self.backend.prune_keys()
