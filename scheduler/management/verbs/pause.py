"""``pause``: let due times be recorded as skipped."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import Any

from scheduler import operations
from scheduler.management.choosing import act_on_each, add_choice
from scheduler.management.desk import Desk, add_verb
from tasks_core.management.arguments import moment

EXAMPLES = """
What was due before is decided first; jobs that exist run on. "schedules resume" ends it; --until
and --reason of a pause that lasts change it.

examples:
  schedules pause nightly-backup --reason "the disk is full" --until 2h
  schedules pause reports mails
  schedules pause --task shop.tasks.send --yes

Exit codes: 0 paused, 1 nothing was changed or one was refused, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "let due times be recorded as skipped from now on"
    parser = add_verb(verbs, "pause", words, do=pause, examples=EXAMPLES)
    add_choice(parser)
    parser.add_argument(
        "--until", type=moment, help="when it ends by itself: an ISO date and time, or 5m, 2h, 1d"
    )


def pause(desk: Desk, options: Namespace) -> int:
    act = partial(operations.pause, user=desk.by, reason=options.reason, until=options.until)
    return act_on_each(
        desk, options, act, verb="pause", done="paused", otherwise="was paused already"
    )
