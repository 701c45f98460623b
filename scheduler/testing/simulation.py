"""Days in milliseconds: walk through due times, and run what they cause."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from scheduler.testing.kit import Schedules

if TYPE_CHECKING:
    from scheduler.models import Occurrence


def simulate(*, since: datetime, until: datetime) -> list[Occurrence]:
    """
    Live from ``since`` to ``until`` and return the occurrences of that time, oldest first.

    It is one journey of ``schedules.travel()``. Raises nothing that a job raises: look at
    ``job_state``, or at what it did.
    """
    schedules = Schedules()
    with schedules.travel(since) as clock:
        clock.to(until)
        return schedules.ledger()
