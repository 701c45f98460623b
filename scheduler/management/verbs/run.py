"""``run``: one job of a schedule now."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scheduler import operations
from scheduler.management.choosing import act_on_each, add_choice
from scheduler.management.desk import Desk, add_verb
from tasks_core.management.arguments import json_value

EXAMPLES = """
Beside what the schedule does itself: nothing that is due is consumed or put off. It works for
schedules that are paused, disabled, retired or in quarantine as well, and in maintenance.

examples:
  schedules run nightly-backup --reason "before the move"
  schedules run nightly-backup --kwargs '{"keep": 30}'

Exit codes: 0 there is a job, 1 there is none (the arguments said no, or the task is not known),
2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "make one job now, beside what the schedule does itself"
    parser = add_verb(verbs, "run", words, do=run, examples=EXAMPLES)
    add_choice(parser)
    parser.add_argument("--args", dest="call_args", type=json_value, help="JSON list, for this job")
    parser.add_argument(
        "--kwargs", dest="call_kwargs", type=json_value, help="JSON object, for this job"
    )


def run(desk: Desk, options: Namespace) -> int:
    jobs: dict[str, str | None] = {}

    def act(key: str) -> bool:
        ran = operations.run(
            key,
            user=desk.by,
            reason=options.reason,
            args=options.call_args,
            kwargs=options.call_kwargs,
        )
        jobs[key] = None if ran.is_declined else str(ran.job_id)
        desk.tell(f"{key}: {'declined by its arguments' if ran.is_declined else ran.job_id}")
        return not ran.is_declined

    return act_on_each(
        desk,
        options,
        act,
        verb="run",
        done="has a new job",
        otherwise="has no new job",
        more={"jobs": jobs},
    )
