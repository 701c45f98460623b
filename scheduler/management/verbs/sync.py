"""``sync``: write what SCHEDULE and @periodic declare into the database."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from typing import Any

from scheduler import sync
from scheduler.management.desk import Desk, add_verb

EXAMPLES = """
Each scheduler does this when it starts. What was due under an old definition is decided before
the new one takes over. What --force changes is noted with who did it and why.

examples:
  schedules sync
  schedules sync --force --reason "back to 41"    also what was replaced before (a roll-back);
                                                  ends quarantine

Exit codes: 0 done, 1 a declaration was refused, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "write the declarations into the database"
    parser = add_verb(verbs, "sync", words, do=synchronise, examples=EXAMPLES)
    parser.add_argument(
        "--force", action="store_true", help="apply former definitions, end quarantine"
    )
    parser.add_argument("--reason", default="", help="of --force, for those who wonder later")


def synchronise(desk: Desk, options: Namespace) -> int:
    report = sync.sync(force=options.force, user=desk.by, reason=options.reason)
    desk.say(asdict(report), str(report))
    return 1 if report.refused else 0
