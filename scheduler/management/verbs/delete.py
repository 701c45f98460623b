"""``delete``: remove schedules of the database."""

from __future__ import annotations

from argparse import Namespace
from typing import Any

from scheduler import operations
from scheduler.management.choosing import act_on_each, add_choice
from scheduler.management.desk import Desk, add_verb

EXAMPLES = """
What is due until now is decided; the ledger stays, and jobs that exist run on. What a deleted
schedule said is kept: "schedules history KEY --actions" has it.

examples:
  schedules delete report-7 report-8 --reason "the customer left"

Exit codes: 0 deleted, 1 one was refused, as it is declared in code, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "remove schedules of the database; their ledger stays"
    add_choice(add_verb(verbs, "delete", words, do=delete, examples=EXAMPLES))


def delete(desk: Desk, options: Namespace) -> int:
    def act(key: str) -> bool:
        operations.delete(key, user=desk.by, reason=options.reason)
        return True

    return act_on_each(desk, options, act, verb="delete", done="deleted", otherwise="stays")
