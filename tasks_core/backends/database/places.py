"""
Where the last claim of this process ended, so that a slow one need not begin at the start.

While an old transaction is open PostgreSQL keeps the index entries of all that has been claimed
since, and each claim steps over them: 100,000 cost 30 to 50 ms. What comes next is known, though:
jobs of a higher priority, or younger ones.
"""

from collections.abc import Callable
from dataclasses import replace

from tasks_core import clock
from tasks_core.attempts import Attempt
from tasks_core.backends.database.statements.asked import Asked, Place

SLOW = 0.005  # seconds; a claim that takes less is left as it is
REST = 50  # times what the last full claim took, before the next: few claims notice it

Claim = Callable[[Asked], list[Attempt]]


class Places:
    """The place of each kind of claim: of one alias, for some queues. Used by one thread each."""

    def __init__(self) -> None:
        self._places: dict[object, Place] = {}
        self._full_at: dict[object, float] = {}

    def claim(self, key: object, asked: Asked, claim: Claim) -> list[Attempt]:
        """
        Claim from the start if that is quick or was not done for a while, else from the place.

        Older and less important jobs than those are found by the next full claim. That comes at
        once when there are no others: whoever is told of nothing may go to sleep over them.
        """
        found = self._from_place(key, asked, claim) or self._from_start(key, asked, claim)
        if found:
            last = found[-1]
            self._places[key] = Place(last.priority, last.run_after)
        return found

    def _from_place(self, key: object, asked: Asked, claim: Claim) -> list[Attempt]:
        place = self._places.get(key)
        if place is None or clock.monotonic() >= self._full_at.get(key, 0.0):
            return []
        return claim(replace(asked, place=place))

    def _from_start(self, key: object, asked: Asked, claim: Claim) -> list[Attempt]:
        began = clock.monotonic()
        found = claim(asked)
        took = clock.monotonic() - began
        self._full_at[key] = clock.monotonic() + took * REST if took > SLOW else 0.0
        return found


places = Places()
