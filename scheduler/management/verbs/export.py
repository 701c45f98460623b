"""``export``: the schedules of the database as JSON."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path
from typing import Any

from scheduler.choices import Source
from scheduler.management.choosing import found
from scheduler.management.desk import Desk, add_verb
from scheduler.operations.entries import options_of
from tasks_core.presentation import as_json
from tasks_core.words import counted

EXAMPLES = """
Entries by key, as in the SCHEDULE setting; "schedules import" makes them again, elsewhere.

examples:
  schedules export > schedules.json
  schedules export report --file reports.json      whose key or task contains it
"""


def add_to(verbs: Any) -> None:
    words = "write the schedules of the database as JSON"
    parser = add_verb(verbs, "export", words, do=export, examples=EXAMPLES)
    parser.add_argument("search", nargs="?", default="", help="part of a key or of a task")
    parser.add_argument("--file", type=Path, help="default: standard output")


def export(desk: Desk, options: Namespace) -> int:
    rows = found(desk, options.search).filter(source=Source.DATABASE).order_by("key")
    text = as_json({row.key: options_of(row) for row in rows})
    if options.file is None:
        desk.out.write(text)
        return 0
    options.file.write_text(text + "\n")
    desk.tell(f"{counted(len(rows), 'schedule')} in {options.file}.")
    return 0
