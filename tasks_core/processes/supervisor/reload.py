"""HUP: every process is replaced by a fresh one, which has read the new code."""

from collections.abc import Callable, Iterable

from .child import Child
from .output import say, warn
from .places import Place


class Reload:
    """
    Replaces one process after the other: the new one serves before the old one is to leave.

    So never fewer serve than before. When a new one does not come up, the others stay.
    """

    def __init__(self, places: Iterable[Place]) -> None:
        self._left = list(places)
        for place in self._left:
            place.start_at = 0.0  # what died again and again may have been cured
        self._old: Child | None = None
        self._new: Child | None = None
        self.is_given_up = False
        self.is_asked_again = False  # who was replaced may have read what is older

    @property
    def is_done(self) -> bool:
        return self._old is None and not self._left

    def step(self, start: Callable[[Place], Child | None]) -> None:
        """Do what can be done now; ``start`` fills the heir of a place."""
        old, new = self._old, self._new
        if old is None or new is None:
            self._begin(start)
        elif old.process.returncode is not None:
            self._old = self._new = None
        elif new.process.returncode is not None or new.killed:
            self._give_up(f"worker process {new.pid} did not come up; {old.pid} stays")
        elif new.is_serving:
            old.leave()
        if self.is_done and not self.is_given_up:
            say("reload is over")

    def _begin(self, start: Callable[[Place], Child | None]) -> None:
        place = self._left.pop(0)
        if place.child is not None and place.heir is None:
            self._old, self._new = place.child, start(place)
            if self._new is None:
                self._give_up("no process can be started")

    def _give_up(self, why: str) -> None:
        warn(f"reload given up: {why}")
        self.is_given_up = True
        self._left, self._old, self._new = [], None, None
