"""``next``: the next due times of one schedule."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scheduler import listing
from scheduler.management.desk import Desk, add_verb
from scheduler.models import Schedule
from tasks_core.management.arguments import positive

EXAMPLES = """
Local time, UTC, how far away, and what the clocks do to it. What a calendar, a pause or
maintenance makes of a due time is said by "schedules explain".

examples:
  schedules next nightly-backup -n 5
  schedules next nightly-backup --format json

Exit codes: 0 done, 2 there is no such schedule.
"""

RUNNING = ("active", "failing")


def add_to(verbs: Any) -> None:
    words = "the next due times of one schedule"
    parser = add_verb(verbs, "next", words, do=coming, examples=EXAMPLES)
    parser.add_argument("key", help="of a row, or of a declaration that was not synchronised")
    parser.add_argument("-n", type=positive, default=20, dest="number", help="default: %(default)s")


def coming(desk: Desk, options: Namespace) -> int:
    trigger = listing.trigger_named(options.key)
    row = Schedule.objects.using(desk.database).filter(pk=options.key).first()
    if row is not None and (why := _held_back(row, listing.state(row, now=desk.now))):
        desk.tell(f"{row.key} {why}: `schedules explain {row.key}` says what becomes of it.")
    rows = listing.coming(trigger, now=desk.now, number=options.number)
    never = f"{options.key} ({trigger.spec()}) is never due again."
    desk.show(rows, listing.NEXT_COLUMNS, nothing=never)
    return 0


def _held_back(row: Schedule, state: str) -> str:
    """Return what may keep due times from becoming jobs, if anything does."""
    if state not in RUNNING:
        return f"is {state}"
    return f"goes by the calendar {row.calendar}" if row.calendar else ""
