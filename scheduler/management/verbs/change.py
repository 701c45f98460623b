"""``change``: what a schedule of the database says."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scheduler import operations
from scheduler.management.desk import Desk, add_verb
from scheduler.management.entries import (
    CALLED,
    ENTRY,
    OTHERS,
    WHEN,
    add_options,
    add_switch,
    given,
    tell_of_its_queue,
)
from scheduler.operations.entries import options_of

EXAMPLES = """
What is not named stays. What was due under the old definition is decided first; another trigger
counts from now. A schedule that is declared in code is changed there, or overridden.

examples:
  schedules change report-7 --cron "30 9 * * MON" --reason "after the meeting"
  schedules change report-7 --timezone Europe/Paris
  schedules change report-7 --enabled off

Exit codes: 0 done, 2 wrong arguments, or declared in code.
"""


def add_to(verbs: Any) -> None:
    words = "change what a schedule of the database says"
    parser = add_verb(verbs, "change", words, do=change, examples=EXAMPLES)
    parser.add_argument("key")
    parser.add_argument("--task", dest=f"{ENTRY}task", help="dotted name")
    add_options(parser, WHEN, CALLED, OTHERS)
    add_switch(parser)
    parser.add_argument("--reason", default="", help="for those who wonder later")


def change(desk: Desk, options: Namespace) -> int:
    row = operations.change(options.key, user=desk.by, reason=options.reason, **given(options))
    tell_of_its_queue(desk, row)
    due = f"due next at {row.next_due_at:%Y-%m-%d %H:%M:%S} UTC" if row.next_due_at else "not due"
    desk.say({row.key: options_of(row)}, f"{row.key} is as you said, {due}.")
    return 0
