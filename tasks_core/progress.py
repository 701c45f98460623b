"""How far a running job says it is: noted in memory, written to the backend now and then."""

from collections.abc import Iterable
from operator import index
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tasks_core.attempts import Attempt

Report = tuple["Attempt", int, int | None]  # done, total

MOST = 2**63 - 1  # what every database can store


class Progress:
    """
    The newest numbers of one attempt.

    ``note`` is called by the job, as often as it likes and from any thread; ``news`` and
    ``written`` by whoever stores what was noted.
    """

    __slots__ = ("_written", "newest")

    def __init__(self) -> None:
        # One pair, replaced as a whole, so that no thread ever sees half of a report.
        self.newest: tuple[int, int | None] | None = None
        self._written: tuple[int, int | None] | None = None

    def note(self, done: int, total: int | None = None) -> None:
        """Remember that ``done`` of ``total`` are done; raise ValueError for what cannot be."""
        done = _checked(done, "done")
        if total is not None and done > (total := _checked(total, "total")):
            raise ValueError(f"progress: done is {done}, which is more than the total {total}.")
        self.newest = (done, total)

    def news(self) -> tuple[int, int | None] | None:
        """Return what has been noted and not been written yet, or None."""
        return None if self.newest == self._written else self.newest

    def written(self, done: int, total: int | None) -> None:
        self._written = (done, total)


def news(attempts: "Iterable[Attempt]") -> list[Report]:
    """Return (attempt, done, total) of the attempts that have something new to tell."""
    return [(each, *told) for each in attempts if (told := each.progress.news()) is not None]


def _checked(number: Any, what: str) -> int:
    try:
        whole = index(number)
    except TypeError:
        whole = None
    if whole is None or isinstance(number, bool):
        raise ValueError(f"progress: {what} must be a whole number, not {number!r:.80}.")
    if not 0 <= whole <= MOST:
        raise ValueError(f"progress: {what} must be from 0 to {MOST}, not {whole}.")
    return whole
