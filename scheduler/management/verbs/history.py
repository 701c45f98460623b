"""``history``: what became of the due times of a schedule, and who did what to it."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet

from scheduler.choices import Reason
from scheduler.management.desk import Desk, add_verb
from scheduler.models import Definition, Occurrence, OperatorAction
from scheduler.operations.locking import row_of
from tasks_core.management.arguments import moment, positive

LEDGER = ("due", "until", "count", "became", "job ended", "job", "batch", "recorded by")
ACTIONS = ("at", "by", "verb", "reason", "details")
VERSIONS = ("since", "until", "trigger", "task", "release", "recorded by")
EXAMPLES = """
Each due time became a job, or is covered by a row that says why not: a skip that goes on is one
row, from "due" until "until". Deleted schedules have a history too.

examples:
  schedules history nightly-backup --since 7d
  schedules history nightly-backup --reason overlap --format json
  schedules history nightly-backup --actions        who paused, ran or changed it, and why
  schedules history nightly-backup --versions       what it said, and from when until when

Exit codes: 0 done, 2 there is no such schedule, and never was.
"""


def add_to(verbs: Any) -> None:
    words = "what became of the due times of a schedule, the newest first"
    parser = add_verb(verbs, "history", words, do=history, examples=EXAMPLES)
    parser.add_argument("key")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--actions", action="store_true", help="what operators did to it, instead")
    what.add_argument("--versions", action="store_true", help="what it said, instead")
    parser.add_argument(
        "--since", type=moment, help="no older: an ISO date and time, 12h or 7d ago"
    )
    parser.add_argument("--reason", choices=Reason.values, help="only skips for this reason")
    parser.add_argument("--limit", type=positive, default=20, help="default: %(default)s")


def history(desk: Desk, options: Namespace) -> int:
    columns: Sequence[str] = LEDGER
    rows = _ledger
    if options.actions:
        rows, columns = _actions, ACTIONS
    elif options.versions:
        rows, columns = _versions, VERSIONS
    found = rows(desk, options)
    if not found:
        row_of(options.key)  # or it never was
    desk.show(found, columns, nothing=_nothing(options))
    return 0


def _nothing(options: Namespace) -> str:
    what = "actions" if options.actions else "versions" if options.versions else "history"
    asked = {"--since": options.since, "--reason": options.reason}
    if narrowed := [name for name, value in asked.items() if value is not None]:
        return f"No {what} for {options.key!r} with this {' and '.join(narrowed)}."
    return f"No {what} for {options.key!r} yet."


def _ledger(desk: Desk, options: Namespace) -> list[dict[str, Any]]:
    found = Occurrence.objects.using(desk.database).filter(schedule_key=options.key)
    if options.reason:
        found = found.filter(reason=options.reason)
    rows = _newest(desk, options, found, by="until_at")
    return [
        {
            "due": row.due_at,
            "until": row.until_at if row.until_at != row.due_at else None,
            "count": row.count,
            "became": row.reason or row.outcome,
            "job ended": row.job_state,
            "job": row.job_id,
            "batch": row.batch,
            "recorded by": row.recorded_by,
            "recorded_at": row.recorded_at,
            "ended_at": row.ended_at,
        }
        for row in rows
    ]


def _actions(desk: Desk, options: Namespace) -> list[dict[str, Any]]:
    found = OperatorAction.objects.using(desk.database).filter(schedule_key=options.key)
    rows = _newest(desk, options, found, by="at")
    return [{name: getattr(row, name) for name in ACTIONS} for row in rows]


def _versions(desk: Desk, options: Namespace) -> list[dict[str, Any]]:
    found = Definition.objects.using(desk.database).filter(schedule_key=options.key)
    return [
        {
            "since": row.since,
            "until": row.until,
            "trigger": row.definition.get("trigger"),
            "task": row.definition.get("task"),
            "release": row.release,
            "recorded by": row.recorded_by,
            "definition": row.definition,
        }
        for row in _newest(desk, options, found, by="since")
    ]


def _newest(desk: Desk, options: Namespace, found: QuerySet[Any], *, by: str) -> list[Any]:
    since: datetime | timedelta | None = options.since
    if since is not None:
        since = desk.now - since if isinstance(since, timedelta) else since
        found = found.filter(**{f"{by}__gte": since})
    return list(found.order_by(f"-{by}", "-pk")[: options.limit])
