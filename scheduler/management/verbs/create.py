"""``create``: a schedule in the database."""

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
Its row is all there is: no deploy changes it. It takes the options of a SCHEDULE entry; what
code declares is written there, and not here.

examples:
  schedules create report-7 --task shop.tasks.report --cron "0 9 * * MON" --args '[7]'
  schedules create poll-7 --task shop.tasks.poll --every 90s --overlap skip --splay 30s

Exit codes: 0 created, 2 the key is taken, or an option is wrong.
"""


def add_to(verbs: Any) -> None:
    words = "make a schedule in the database"
    parser = add_verb(verbs, "create", words, do=create, examples=EXAMPLES)
    parser.add_argument("key", help="its name, for ever")
    parser.add_argument("--task", dest=f"{ENTRY}task", required=True, help="dotted name")
    add_options(parser, WHEN, CALLED, OTHERS)
    add_switch(parser)
    parser.add_argument("--reason", default="", help="for those who wonder later")


def create(desk: Desk, options: Namespace) -> int:
    row = operations.create(options.key, user=desk.by, reason=options.reason, **given(options))
    tell_of_its_queue(desk, row)
    due = f"due next at {row.next_due_at:%Y-%m-%d %H:%M:%S} UTC" if row.next_due_at else "not due"
    desk.say({row.key: options_of(row)}, f"{row.key} created, {due}.")
    return 0
