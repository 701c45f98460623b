"""``resume``: let due times become jobs again."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scheduler import operations
from scheduler.management.choosing import act_on_each, add_choice
from scheduler.management.desk import Desk, add_verb
from scheduler.operations.resume import CATCH_UP
from tasks_core.words import counted

EXAMPLES = """
The due times of the pause stay recorded as skipped. With --catch-up latest the newest of them
becomes a job all the same, with --catch-up all each of them, within the schedule's
catch_up_limit and catch_up_window.

examples:
  schedules resume nightly-backup
  schedules resume nightly-backup --catch-up latest
  schedules resume --state paused --yes

Exit codes: 0 resumed, 1 nothing was changed or one was refused, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "let due times become jobs again, with or without those of the pause"
    parser = add_verb(verbs, "resume", words, do=resume, examples=EXAMPLES)
    add_choice(parser)
    parser.add_argument(
        "--catch-up", choices=CATCH_UP, default=CATCH_UP[0], help="default: %(default)s"
    )


def resume(desk: Desk, options: Namespace) -> int:
    jobs: dict[str, int] = {}

    def act(key: str) -> bool:
        resumed = operations.resume(
            key, user=desk.by, reason=options.reason, catch_up=options.catch_up
        )
        jobs[key] = resumed.enqueued
        return resumed.was_paused

    code = act_on_each(
        desk,
        options,
        act,
        verb="resume",
        done="resumed",
        otherwise="was not paused",
        more={"jobs": jobs},
    )
    if options.catch_up != CATCH_UP[0]:
        desk.tell(f"{counted(sum(jobs.values()), 'job')} for what was due meanwhile.")
    return code
