"""``doctor``: are schedules and schedulers well, and if not, what helps."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from scheduler.management.desk import Desk, add_verb
from scheduler.questions.health import examine
from tasks_core.backends.database.questions.findings import line

EXAMPLES = """
Looks for schedulers that live and agree with each other; clocks; schedules that are overdue, in
quarantine, failing, overlapping or stale; queues of schedules that no worker serves; and for what
the ledger may never say. "jobs doctor" looks at the jobs themselves.
Warnings and notes are told; only a failure makes it exit with 1.

examples:
  schedules doctor
  schedules doctor --format json        for a monitor, or a container's health check
  schedules doctor --no-process         where a cron job or a URL ticks, and no process stays

Exit codes: 0 healthy, 1 something is wrong, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "say what is wrong with schedules and what helps"
    parser = add_verb(verbs, "doctor", words, do=doctor, examples=EXAMPLES)
    parser.add_argument(
        "--no-process", action="store_true", help="expect no scheduler or worker to live just now"
    )


def doctor(desk: Desk, options: Namespace) -> int:
    findings = examine(expects_processes=not options.no_process)
    is_healthy = not any(finding.is_wrong for finding in findings)
    told = {"healthy": is_healthy, "findings": [asdict(finding) for finding in findings]}
    desk.say(told, "\n".join(map(line, findings)))
    return 0 if is_healthy else 1
