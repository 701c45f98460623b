"""``audit``: is every due time in the ledger, once, and every job in its place."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from scheduler.management.desk import Desk, add_verb
from scheduler.models import Definition
from scheduler.operations.locking import row_of
from scheduler.questions.audit import Report, audit
from tasks_core import clock
from tasks_core.backends.database.questions.findings import counted
from tasks_core.management.arguments import moment

SHOWN = 100  # faults that a person is shown
PACE = 2.0  # seconds between two words about how far it is
EXAMPLES = """
Computes from the definitions of each time when schedules were due, and compares that with the
ledger and with the jobs: nothing missing, double, extra or without its job. What is below the
retention is forgotten, and not audited. Schedulers may be at work meanwhile.

examples:
  schedules audit
  schedules audit --since 7d
  schedules audit nightly-backup --since 2026-10-25T00:00 --format json

Exit codes: 0 everything is in its place, 1 something is not, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "compare the ledger with every time that was due"
    parser = add_verb(verbs, "audit", words, do=compare, examples=EXAMPLES)
    parser.add_argument("keys", nargs="*", metavar="key", help="default: every schedule")
    parser.add_argument(
        "--since",
        type=moment,
        help="only what was due later: 7d, 12h, or 2026-10-25T00:00; default: all there is",
    )


def compare(desk: Desk, options: Namespace) -> int:
    for key in options.keys:
        if not Definition.objects.using(desk.database).filter(schedule_key=key).exists():
            row_of(key)  # raises, and says what may be meant
    since = options.since
    since = desk.now - since if isinstance(since, timedelta) else since
    report = audit(keys=options.keys, since=since, progress=_progress(desk))
    told = asdict(report) | {"balanced": report.is_balanced}
    desk.say(told, _in_words(report))
    return 0 if report.is_balanced else 1


def _in_words(report: Report) -> str:
    lines = [str(fault) for fault in report.faults[:SHOWN]]
    left = len(report.faults) - len(lines)
    lines += [f"… and {left} more: --format json has all of them."] * bool(left)
    lines += report.notes
    number = len(report.faults)
    verdict = f"{counted(number, 'fault', 'faults')}." if number else "Everything is in its place."
    looked_at = counted(report.schedules, "schedule", "schedules")
    due = f"{report.jobs} due times with a job and {report.skipped} without, for a reason"
    return "\n".join([*lines, f"{looked_at}, {due}. {verdict}"])


def _progress(desk: Desk) -> Callable[[int, int], None]:
    told_at = clock.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal told_at
        if clock.monotonic() - told_at > PACE and done < total:
            told_at = clock.monotonic()
            desk.tell(f"{done} of {total} schedules")

    return tell
