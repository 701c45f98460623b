"""
The eight places of a tick where its process may die, as they look from outside.

What is read and written, the commit, the signal after it: so a tick may be written anew, and
the places stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection

from scheduler import signals

BEFORE_READ = "before the read"
AFTER_LOCK = "after the lock"
AFTER_DECIDING = "after deciding"
AFTER_LEDGER = "after the ledger's rows"
AFTER_JOBS = "after the jobs' rows"
BEFORE_COMMIT = "before the commit"
AFTER_COMMIT = "after the commit"
AFTER_WAKE_UP = "after the wake-up"
POINTS = (
    BEFORE_READ,
    AFTER_LOCK,
    AFTER_DECIDING,
    AFTER_LEDGER,
    AFTER_JOBS,
    BEFORE_COMMIT,
    AFTER_COMMIT,
    AFTER_WAKE_UP,
)

READ = re.compile(r"\bSELECT\b.*\bFROM \W?tasks_scheduler_schedule\b", re.DOTALL | re.IGNORECASE)
LEDGER = re.compile(r"\bINSERT INTO \W?tasks_scheduler_occurrence\b", re.IGNORECASE)
JOBS = re.compile(r"\bINSERT INTO \W?tasks_core_job\b", re.IGNORECASE)
BEFORE = {BEFORE_READ: READ, AFTER_DECIDING: LEDGER}
AFTER = {AFTER_LOCK: READ, AFTER_LEDGER: LEDGER, AFTER_JOBS: JOBS}


class Watch:
    """Calls ``act`` when this process comes to ``point`` of a tick."""

    def __init__(self, point: str, act: Callable[[], object]) -> None:
        self.point = point
        self.act = act
        self.commit = connection._commit

    def execute(self, execute, sql, params, *rest):
        self._act_if(self.point in BEFORE and BEFORE[self.point].search(sql))
        answer = execute(sql, params, *rest)
        self._act_if(self.point in AFTER and AFTER[self.point].search(sql))
        return answer

    def watch_commit(self):
        self._act_if(self.point == BEFORE_COMMIT)
        self.commit()
        self._act_if(self.point == AFTER_COMMIT)

    def hear(self, **kwargs):
        self._act_if(self.point == AFTER_WAKE_UP)

    def _act_if(self, it_is_here):
        if it_is_here:
            self.act()


@contextmanager
def at(point: str, act: Callable[[], object]) -> Iterator[None]:
    """Do ``act`` wherever a tick inside comes to ``point``."""
    watch = Watch(point, act)
    signals.occurrences_recorded.connect(watch.hear)
    connection._commit = watch.watch_commit
    try:
        with connection.execute_wrapper(watch.execute):
            yield
    finally:
        del connection._commit
        signals.occurrences_recorded.disconnect(watch.hear)
