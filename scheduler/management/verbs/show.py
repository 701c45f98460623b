"""``show``: everything about one schedule."""

from __future__ import annotations

from argparse import Namespace
from datetime import datetime
from typing import Any

from scheduler import listing
from scheduler.exceptions import SchedulerError
from scheduler.management.desk import Desk, add_verb
from scheduler.models import Schedule
from scheduler.operations.locking import row_of
from scheduler.turn.rebuild import trigger_of
from tasks_core.presentation import ago, as_lines

COMING = 3  # due times
# What only the machinery asks for.
INTERNAL = ("definition_hash", "declared_hash", "replaced_hashes", "calendar_rules", "floor")
EXAMPLES = """
examples:
  schedules show nightly-backup
  schedules show nightly-backup --format json
"""


def add_to(verbs: Any) -> None:
    words = "everything about one schedule, and when it is due next"
    parser = add_verb(verbs, "show", words, do=show, examples=EXAMPLES)
    parser.add_argument("key")


def show(desk: Desk, options: Namespace) -> int:
    row = row_of(options.key)
    line = listing.line(row, now=desk.now)
    told = {"key": row.key, "state": line["state"], "when": line["when"]}
    fields = {field.attname: field for field in row._meta.concrete_fields}
    columns = {name: getattr(row, name) for name in fields}
    coming = _coming(desk, row)
    if desk.as_json:
        desk.say({**told, **columns, "coming": coming}, "")
        return 0
    for name, value in columns.items():
        if name not in INTERNAL and value != fields[name].get_default():
            told[name] = _worded(value, desk.now)
    desk.out.write(as_lines(told))
    for each in coming:
        desk.out.write(f"due {each['local']} ({each['relative']}) {each['note']}".rstrip())
    return 0


def _coming(desk: Desk, row: Schedule) -> list[dict[str, Any]]:
    if row.next_due_at is None:
        return []
    try:
        return listing.coming(trigger_of(row), now=desk.now, number=COMING)
    except SchedulerError:  # its state, and its error, tell why
        return []


def _worded(value: Any, now: datetime) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC ({ago(value, now)})"
    return value
