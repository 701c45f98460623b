"""``next``: the next due times of one schedule."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scheduler import listing
from scheduler.management.desk import Desk, add_verb
from tasks_core.management.arguments import positive

EXAMPLES = """
Local time, UTC, how far away, and what the clocks do to it. What a calendar, a pause or
maintenance makes of a due time is said by "schedules explain".

examples:
  schedules next nightly-backup -n 5
  schedules next nightly-backup --format json

Exit codes: 0 done, 2 there is no such schedule.
"""


def add_to(verbs: Any) -> None:
    words = "the next due times of one schedule"
    parser = add_verb(verbs, "next", words, do=coming, examples=EXAMPLES)
    parser.add_argument("key", help="of a row, or of a declaration that was not synchronised")
    parser.add_argument("-n", type=positive, default=20, dest="number", help="default: %(default)s")


def coming(desk: Desk, options: Namespace) -> int:
    trigger = listing.trigger_named(options.key)
    rows = listing.coming(trigger, now=desk.now, number=options.number)
    never = f"{options.key} ({trigger.spec()}) is never due again."
    desk.show(rows, listing.NEXT_COLUMNS, nothing=never)
    return 0
