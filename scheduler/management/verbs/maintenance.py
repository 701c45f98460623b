"""``maintenance``: nothing starts, whatever is due."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scheduler import operations
from scheduler.management.desk import Desk, add_verb
from tasks_core.management.arguments import moment

EXAMPLES = """
What is due meanwhile is recorded as skipped, of all schedules, and not caught up. Jobs that
exist run on ("jobs pause" holds a queue); "schedules run" and "backfill" still make jobs.

examples:
  schedules maintenance on --until 2h --reason "the database moves"
  schedules maintenance off
  schedules maintenance

Exit codes: 0 done, 1 nothing was changed, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "let nothing start, whatever is due, until it is over"
    parser = add_verb(verbs, "maintenance", words, do=maintenance, examples=EXAMPLES)
    parser.add_argument("switch", nargs="?", choices=("on", "off"), help="default: how it is")
    parser.add_argument(
        "--until", type=moment, help="when it ends by itself: an ISO date and time, or 5m, 2h, 1d"
    )
    parser.add_argument("--reason", default="", help="for those who wonder later")


def maintenance(desk: Desk, options: Namespace) -> int:
    changed = True
    if options.switch == "on":
        changed = operations.begin_maintenance(
            user=desk.by, reason=options.reason, until=options.until
        )
    elif options.switch == "off":
        changed = operations.end_maintenance(user=desk.by, reason=options.reason)
    row = operations.current_maintenance()
    told: dict[str, Any] = {
        "maintenance": row is not None,
        "changed": changed and options.switch is not None,
    }
    if row is None:
        desk.say(told, "There is no maintenance." if changed else "There was no maintenance.")
        return 0 if changed else 1
    told |= {"began_at": row.began_at, "ended_at": row.ended_at, "by": row.by}
    until = f", until {row.ended_at:%Y-%m-%d %H:%M:%S} UTC" if row.ended_at else ""
    why = f": {row.reason}" if row.reason else ""
    text = f"Maintenance since {row.began_at:%Y-%m-%d %H:%M:%S} UTC{until}, by {row.by}{why}."
    desk.say(told | {"reason": row.reason}, text)
    return 0 if changed else 1
