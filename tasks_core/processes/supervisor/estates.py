"""What dead children leave behind, and who of the living looks after it."""

from collections.abc import Iterable
from typing import Any

from . import clock, records
from .child import Child


class Estates:
    """
    Hands what a dead child owned to a living one, and to the next if that one dies, too.

    A child does with it what its backend does for the dead. To do so twice changes nothing.
    """

    def __init__(self) -> None:
        self._number = 0
        self._open: list[dict[str, Any]] = []

    @property
    def waiting(self) -> bool:
        return bool(self._open)

    def add(self, dead: Child) -> None:
        """Take over what ``dead`` owned, and what it was about to do for others."""
        self._open += dead.heirs.values()
        dead.heirs = {}
        notes = dead.notes
        # 1: what it could not stop it has settled, or said so.
        gave_back = dead.leaving_since is not None and dead.process.returncode in {0, 1}
        if not notes.owners or (gave_back and not notes.started):
            return
        started = [[str(job.job_id), job.fence, _reason(job, dead)] for job in notes.started]
        self._open.append(
            {
                "pid": dead.pid,
                "fate": dead.fate,
                "owners": [str(owner) for owner in notes.owners],
                "started": started,
                "complete": notes.unnoted == 0,
            }
        )

    def hand_over(self, living: Iterable[Child]) -> None:
        """Give what waits to the best of ``living``, the first; to nobody when there is none."""
        heir = next(iter(living), None)
        if heir is None:
            return
        for estate in self._open:
            self._number += 1
            heir.heirs[self._number] = estate
            heir.order(order="bury", number=self._number, **estate)
        self._open = []


def _reason(job: records.Started, dead: Child) -> str:
    # One that could not be told, because nothing else ran beside it, is over its time as well.
    late = dead.killed and 0 < job.deadline < clock.monotonic()
    return job.reason or (records.REASONS[records.TOLD_TIMEOUT] if late else "")
