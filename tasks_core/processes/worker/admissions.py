"""When a worker looks for jobs that their limits let through."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tasks_core import clock
from tasks_core.attempts import Attempt

if TYPE_CHECKING:
    from tasks_core.backends.served import ServedBackend

SWEEP = 60.0  # seconds; looks show whether limits are in use, and only a crash hides one
PAUSE = 0.05  # seconds between two sweeps, however often workers are woken


class Admissions:
    """Admits at once for the jobs that ended here, for rates when it is time, and now and then."""

    def __init__(self, backend: "ServedBackend") -> None:
        self.backend = backend
        self._ended: list[Attempt] = []
        self._sweep_at = 0.0
        self._swept_at = -PAUSE
        self._rate_at = 0.0

    def ended(self, attempts: Iterable[Attempt]) -> None:
        """Let others through that waited for one of these."""
        self._ended += [attempt for attempt in attempts if attempt.is_limited]

    def hurry(self) -> None:
        """Look at everything with the next tick."""
        self._sweep_at = 0.0

    def soon(self) -> None:
        """Look at everything when it has not just been done."""
        self._sweep_at = min(self._sweep_at, self._swept_at + PAUSE)

    def tick(self) -> None:
        now = clock.monotonic()
        is_time = now >= min(self._sweep_at, self._rate_at)
        if self._ended:
            # They may be of keys that the next sweep does not come to.
            self._rate_at = min(self._rate_at, self._look(self._ended))
            self._ended = []
        if is_time:
            self._rate_at = self._look(None)
            self._swept_at, self._sweep_at = now, now + SWEEP

    @property
    def wait(self) -> float:
        """Return the seconds until it is time to look again."""
        return max(0.0, min(self._sweep_at, self._rate_at) - clock.monotonic())

    def _look(self, ended: list[Attempt] | None) -> float:
        """Return when to look at everything again, by the monotonic clock."""
        next_at = self.backend.admit_all(ended)
        if next_at is None:
            return clock.monotonic() + SWEEP
        seconds = clock.real_seconds(next_at - self.backend.now())
        return clock.monotonic() + max(0.0, seconds)
