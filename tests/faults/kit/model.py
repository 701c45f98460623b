"""
What must become of each due time, said as simply as can be: one minute after the other.

The state machine of S24 does to this what it does to the scheduler, and compares.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from tests.faults.kit import oracle

ON_TIME = timedelta(seconds=60)
BACK_OFF, LONGEST, PATIENCE = timedelta(seconds=30), timedelta(hours=1), 5
LEFT_OUT = {"latest": "coalesced", "skip": "coalesced", "all": "capped"}


@dataclass
class Expected:
    """One schedule: what it says, how it stands, and what became of its due times."""

    rhythm: int
    decided_until: datetime
    catch_up: str = "latest"
    limit: int = 5
    overlap: str = "skip"
    paused: bool = False
    busy: bool = False
    sick: bool = False
    errors: int = 0
    looks_again: datetime | None = None  # after an error
    became: dict[datetime, str] = field(default_factory=dict)

    @property
    def is_quarantined(self) -> bool:
        return self.errors >= PATIENCE

    @property
    def jobs(self) -> list[datetime]:
        return [at for at, verdict in self.became.items() if verdict == "enqueued"]

    def due(self, now: datetime) -> tuple[datetime, ...]:
        return oracle.due(f"rhythm {self.rhythm}", after=self.decided_until, until=now)

    def tick(self, now: datetime) -> None:
        is_left = self.is_quarantined or (self.looks_again and now < self.looks_again)
        if is_left or not self.due(now):
            return
        if self.sick:
            self.errors += 1
            self.looks_again = now + min(BACK_OFF * 2 ** (self.errors - 1), LONGEST)
        else:
            self.decide(now)

    def decide(self, now: datetime) -> None:
        """Say of all that is due until now what becomes of it."""
        due = self.due(now)
        self.decided_until, self.errors, self.looks_again = max(now, self.decided_until), 0, None
        if self.paused:
            self.became |= dict.fromkeys(due, "paused")
            return
        if self.catch_up == "skip":
            self.became |= {at: "missed_window" for at in due if now - at > ON_TIME}
            due = tuple(at for at in due if now - at <= ON_TIME)
        number = self.limit if self.catch_up == "all" else 1
        self.became |= dict.fromkeys(due[:-number], LEFT_OUT[self.catch_up])
        if kept := due[-number:]:
            queues_up = self.catch_up == "all" and now - kept[0] > ON_TIME
            drops = self.busy and self.overlap == "skip" and not queues_up
            self.became |= dict.fromkeys(kept, "overlap" if drops else "enqueued")
            self.busy = self.busy or not drops

    def release(self) -> None:
        if self.is_quarantined:
            self.errors, self.looks_again = 0, None
