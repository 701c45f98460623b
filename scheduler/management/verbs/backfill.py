"""``backfill``: jobs for due times that are over."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from scheduler import operations
from scheduler.management.desk import Desk, add_verb
from scheduler.operations import Backfill
from tasks_core.management.arguments import moment, positive
from tasks_core.management.jobs.bar import bar
from tasks_core.words import counted

SHOWN = 20  # due times that a person is shown
EXAMPLES = """
Makes a job of each due time later than --from, up to and with --to, that has none yet: those of
the schedule as it is now. Repeated after an interruption it makes the rest, and nothing twice.
What schedulers have not decided yet is left to them.

examples:
  schedules backfill nightly-report --from 2026-03-01 --to 2026-03-08 --dry-run
  schedules backfill nightly-report --from 2026-03-01 --to 2026-03-08 --rate 10/m
  schedules backfill feed --from 6h --to 2h --limit 100

Exit codes: 0 done, 1 there was nothing to make, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "make jobs for due times that are over"
    parser = add_verb(verbs, "backfill", words, do=backfill, examples=EXAMPLES)
    parser.add_argument("key")
    for flag, told in (("--from", "later than this"), ("--to", "and no later than this")):
        words = f"{told}: an ISO date and time, or 30m, 6h, 7d ago"
        parser.add_argument(flag, dest=flag[2:] + "_", type=moment, required=True, help=words)
    parser.add_argument("--dry-run", action="store_true", help="only tell what would be made")
    parser.add_argument("--rate", help="let them start one after the other: 10/m, 2/s, 100/h")
    parser.add_argument("--limit", type=positive, help="at most so many, the oldest first")
    parser.add_argument(
        "--again", action="store_true", help="also for due times that became jobs before"
    )
    parser.add_argument(
        "--ignore-calendar", action="store_true", help="also what its calendar excludes"
    )
    parser.add_argument("--reason", default="", help="for those who wonder later")


def backfill(desk: Desk, options: Namespace) -> int:
    fill = partial(
        operations.backfill,
        options.key,
        since=_moment(desk, options.from_),
        until=_moment(desk, options.to_),
        user=desk.by,
        reason=options.reason,
        rate=options.rate,
        limit=options.limit,
        again=options.again,
        ignore_calendar=options.ignore_calendar,
    )
    found = fill(dry_run=True)
    if not options.dry_run:
        with bar("backfill", total=len(found.due), screen=desk.err) as advance:
            found = fill(progress=advance)
    told = asdict(found) | {"dry_run": options.dry_run}
    del told["starts"]
    desk.say(told, "\n".join(_lines(found, is_dry_run=options.dry_run)))
    return 0 if found.due else 1


def _moment(desk: Desk, value: datetime | timedelta) -> datetime:
    return desk.now - value if isinstance(value, timedelta) else value


def _lines(found: Backfill, *, is_dry_run: bool) -> list[str]:
    lines = []
    if is_dry_run:
        lines += [f"{due_at:%Y-%m-%d %H:%M:%S} UTC" for due_at in found.due[:SHOWN]]
        lines += [f"… and {len(found.due) - SHOWN} more"] * (len(found.due) > SHOWN)
        lines.append(f"{counted(len(found.due), 'job')} would be made.")
    else:
        lines.append(f"{counted(found.enqueued, 'job')} made, in batch {found.batch}.")
    counts = (
        (found.declined, "declined by the schedule's arguments"),
        (found.recorded, "left out, as they had become jobs"),
        (found.excluded, "excluded by its calendar"),
    )
    lines += [f"{counted(count, 'due time')} {what}." for count, what in counts if count]
    if found.starts:
        lines.append(f"The last starts at {max(found.starts.values()):%Y-%m-%d %H:%M:%S} UTC.")
    return lines
