"""``restore``: schedules are again as their code declares them."""

from __future__ import annotations

from argparse import Namespace
from functools import partial
from typing import Any

from scheduler import operations
from scheduler.management.choosing import act_on_each, add_choice
from scheduler.management.desk import Desk, add_verb

EXAMPLES = """
examples:
  schedules restore nightly-backup --reason "the disk is new"

Exit codes: 0 restored, 1 nothing was changed or one was refused, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "let overridden schedules be again as their code declares them"
    add_choice(add_verb(verbs, "restore", words, do=restore, examples=EXAMPLES))


def restore(desk: Desk, options: Namespace) -> int:
    act = partial(operations.restore, user=desk.by, reason=options.reason)
    return act_on_each(
        desk, options, act, verb="restore", done="restored", otherwise="was not overridden"
    )
