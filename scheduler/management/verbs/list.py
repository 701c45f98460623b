"""``list``: which schedules there are, the next due first."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from django.db.models import F

from scheduler import listing
from scheduler.management.choosing import add_filters, found, narrowed
from scheduler.management.desk import Desk, add_verb
from tasks_core.management.arguments import positive

EXAMPLES = """
examples:
  schedules list
  schedules list backup                     whose key or task contains it
  schedules list --state quarantined
  schedules list --source database --limit 20 --format json
"""


def add_to(verbs: Any) -> None:
    words = "which schedules there are, the next due first"
    parser = add_verb(verbs, "list", words, do=list_, examples=EXAMPLES)
    parser.add_argument("search", nargs="?", default="", help="part of a key or of a task")
    add_filters(parser)
    parser.add_argument("--limit", type=positive, help="at most so many")


def list_(desk: Desk, options: Namespace) -> int:
    rows = narrowed(found(desk, options.search), desk, options)
    ordered = rows.order_by(F("next_due_at").asc(nulls_last=True), "key")[: options.limit]
    told = [listing.line(row, now=desk.now) for row in ordered]
    desk.show(told, listing.COLUMNS, nothing="No schedule was found.")
    return 0
