"""What some worker must do now and then: rescue, expire, prune."""

from datetime import timedelta
from typing import TYPE_CHECKING

from tasks_core import clock, conf
from tasks_core.processes.heartbeat import Heartbeat
from tasks_core.states import FINAL

if TYPE_CHECKING:
    from tasks_core.backends.database import DatabaseBackend

PRUNE_EVERY = 600.0  # seconds


class Maintenance:
    """Does one round of upkeep when it is time. Any number of workers may do so at once."""

    def __init__(self, backend: "DatabaseBackend", heartbeat: Heartbeat) -> None:
        self.backend = backend
        self.heartbeat = heartbeat
        self._upkeep_at = 0.0
        self._prune_at = clock.monotonic() + PRUNE_EVERY

    def tick(self) -> bool:
        """Say whether jobs may have become claimable."""
        now = clock.monotonic()
        if now < self._upkeep_at:
            return False
        self._upkeep_at = now + min(conf.get("LEASE").total_seconds() / 3, 5.0)
        self.backend.expire()
        rescued = self.rescue()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_EVERY
            self.prune()
        return rescued > 0

    def rescue(self) -> int:
        """Take back the jobs of the dead, once we know that it is not we who were cut off."""
        lease: timedelta = conf.get("LEASE")
        if self.heartbeat.contact() < lease:
            return 0
        return self.backend.rescue(self.heartbeat.owner)

    def prune(self) -> int:
        """Remove one batch for each final state, so that claims are never kept waiting."""
        return sum(next(self.backend.prune(state), 0) for state in sorted(FINAL))
