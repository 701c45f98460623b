"""``doctor``: is all well, and if not, what helps."""

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from tasks_core import outbox
from tasks_core.backends.database.questions import diagnosis
from tasks_core.backends.database.questions.findings import line
from tasks_core.management.arguments import age, verb_parser
from tasks_core.management.jobs.desk import Desk

EXAMPLES = """
Looks for dead processes, jobs that move no more, due jobs without a worker or waiting for too
long, clocks that disagree, jobs that brought their process down, and forgotten pauses.
Warnings and notes are told; only a failure makes it exit with 1.

examples:
  jobs doctor
  jobs doctor --max-wait 30s --format json        for a monitor, or a container's health check

Exit codes: 0 healthy, 1 something is wrong, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    parser = verb_parser(
        verbs, "doctor", "say what is wrong and what helps", do=doctor, examples=EXAMPLES
    )
    parser.add_argument(
        "--max-wait",
        type=age,
        default=diagnosis.MAX_WAIT,
        help="longest that a ready job may wait: 90s, 30m; default: 5m",
    )


def doctor(desk: Desk, options: Namespace) -> int:
    backend = desk.backend
    findings = backend.questions.examine(
        backend.place, max_wait=options.max_wait, backend=backend.alias
    )
    if outbox.is_used():
        findings.append(outbox.examine())
    is_healthy = not any(finding.is_wrong for finding in findings)
    told = {"healthy": is_healthy, "findings": [asdict(finding) for finding in findings]}
    desk.say(told, "\n".join(map(line, findings)))
    return 0 if is_healthy else 1
