"""The places that must always be filled, and how long to wait before one is filled anew."""

from dataclasses import dataclass

from .child import Child

HEALTHY = 60.0  # seconds after which earlier deaths are forgotten
LONGEST = 30.0


@dataclass(slots=True)
class Place:
    """One of the N processes that serve; ``heir`` is about to take over from ``child``."""

    number: int
    child: Child | None = None
    heir: Child | None = None
    start_at: float = 0.0
    deaths: int = 0

    @property
    def occupants(self) -> list[Child]:
        return [child for child in (self.child, self.heir) if child is not None]

    def is_due(self, now: float) -> bool:
        return self.child is None and now >= self.start_at

    def vacate(self, child: Child, *, now: float, planned: bool) -> float | None:
        """Let ``child`` go; return after how many seconds to fill, None when it is filled."""
        if self.heir is child:
            self.heir = None
            return None
        self.child, self.heir = self.heir, None
        if self.child is not None:
            return None
        delay = 0.0 if planned else self._delay(child, now=now)
        self.start_at = now + delay
        return delay

    def _delay(self, child: Child, *, now: float) -> float:
        if now - child.born >= HEALTHY:
            self.deaths = 0
        self.deaths += 1
        if self.deaths == 1:
            return 0.0
        # Which ran a job when it died: each death uses up an attempt, so they come to an end by
        # themselves, and a long wait would keep healthy jobs waiting. Which ran none cannot work.
        longest = 1.0 if child.notes.started else LONGEST
        return min(2.0 ** (self.deaths - 2), longest)
