"""Look at everything once."""

from __future__ import annotations

from scheduler import conf
from scheduler.questions.health import ledger, processes, queues, schedules
from tasks_core import clock, outbox
from tasks_core.backends.database.questions import diagnosis
from tasks_core.backends.database.questions.findings import Finding


def examine(*, expects_processes: bool = True) -> list[Finding]:
    """
    Return what was found. All is well if no finding is wrong.

    Where something else ticks, and workers come and go, do not expect processes: what is
    overdue shows whether all is done.
    """
    alias = conf.database()
    now = clock.db_now(alias)
    found = [diagnosis.clocks(diagnosis.skew(alias))]
    if expects_processes:
        found.append(processes.schedulers(alias, now=now))
    found += processes.disagreements(alias, now=now)
    found += [
        schedules.refused(),
        schedules.overdue(alias, now=now),
        schedules.quarantined(alias),
        schedules.failing(alias, now=now),
        schedules.overlapping(alias, now=now),
        schedules.stale(alias, now=now),
    ]
    if expects_processes:
        found.append(queues.unserved(alias))
    if outbox.is_used(alias):
        found.append(outbox.examine(alias))
    found += [
        ledger.ends(alias, now=now),
        ledger.times(alias, now=now),
        ledger.watermarks(alias, now=now),
        *schedules.held(alias, now=now),
    ]
    return found
