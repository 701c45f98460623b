"""``release``: let schedules out of quarantine."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import Any

from scheduler import operations
from scheduler.management.choosing import act_on_each, add_choice
from scheduler.management.desk import Desk, add_verb

EXAMPLES = """
A schedule that fails again and again is left alone, with its error in sight ("schedules show").
Released it is tried at once, with what it missed.

examples:
  schedules release nightly-backup --reason "the task is back"
  schedules release --state quarantined --yes

Exit codes: 0 released, 1 nothing was changed or one was refused, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "let schedules out of quarantine"
    add_choice(add_verb(verbs, "release", words, do=release, examples=EXAMPLES))


def release(desk: Desk, options: Namespace) -> int:
    act = partial(operations.release, user=desk.by, reason=options.reason)
    return act_on_each(
        desk,
        options,
        act,
        verb="release",
        done="released, and tried at once",
        otherwise="was not in quarantine",
    )
