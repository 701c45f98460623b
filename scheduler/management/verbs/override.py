"""``override``: another trigger or other arguments than code declares."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scheduler import operations
from scheduler.management.desk import Desk, add_verb
from scheduler.management.entries import CALLED, WHEN, add_options, given

EXAMPLES = """
A deploy keeps it, and says so. "schedules restore" ends it.

examples:
  schedules override nightly-backup --cron "30 4 * * *" --reason "the disk is busy at two"
  schedules override nightly-backup --kwargs '{"keep": 30}'

Exit codes: 0 done, 2 wrong arguments, or not declared in code.
"""


def add_to(verbs: Any) -> None:
    words = "give a schedule another trigger or other arguments than its code declares"
    parser = add_verb(verbs, "override", words, do=override, examples=EXAMPLES)
    parser.add_argument("key")
    add_options(parser, WHEN, CALLED)
    parser.add_argument("--reason", default="", help="for those who wonder later")


def override(desk: Desk, options: Namespace) -> int:
    row = operations.override(options.key, user=desk.by, reason=options.reason, **given(options))
    told = {"key": row.key, "override": row.override, "declared": row.declared}
    what = ", ".join(name for name in row.override or {} if getattr(row, name))
    desk.say(told, f"{row.key}: {what} overridden. schedules restore {row.key} ends it.")
    return 0
