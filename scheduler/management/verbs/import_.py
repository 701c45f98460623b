"""``import``: schedules of the database from JSON, or from another package."""

from __future__ import annotations

import json
import sys
from argparse import Namespace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

from django.core.management.base import CommandError

from scheduler import operations
from scheduler.management import import_arguments, importing, taken
from scheduler.management.desk import Desk, add_verb
from scheduler.operations.change import changed
from scheduler.operations.create import all_in_database
from scheduler.operations.locking import row_of
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.words import counted

Entries: TypeAlias = dict[str, dict[str, Any]]
EXAMPLES = """
Entries by key, as "schedules export" writes them: all of them, or none. One that is wrong or is
refused, or whose key is taken, keeps the others out; --existing says otherwise about taken keys.
What is declared in code is never changed; --dry-run says so, too.

With --from, what another package has scheduled: each is translated, and its due times and ours
are compared for a year. --dry-run prints settings, or with --as periodic Python, on standard
output, and a report beside it. Nothing is changed there: stop it before schedulers start here.
--existing change changes what an import from the same package made, and nothing else.

examples:
  schedules import schedules.json --dry-run
  schedules import schedules.json --existing change
  schedules export | ssh other manage.py schedules import -
  schedules import --from celery --app proj.celery:app --dry-run > schedule.py
  schedules import /etc/crontab --from crontab --system --timezone Europe/Paris --dry-run
  schedules import --from huey --map shop.old.sweep=shop.tasks.sweep --skip shop.old.unused

Exit codes: 0 done; 1 with --from, something cannot be imported as it is, so nothing was; 2 wrong
arguments, an entry that cannot be, or a key that is taken or refused.
"""


def add_to(verbs: Any) -> None:
    words = "make schedules in the database from JSON, or from another package"
    parser = add_verb(verbs, "import", words, do=import_, examples=EXAMPLES)
    told = "JSON, or with --from crontab a crontab; - is standard input"
    parser.add_argument("file", type=Path, nargs="?", help=told)
    parser.add_argument(
        "--existing",
        choices=("refuse", "keep", "change"),
        default="refuse",
        help="what to do about keys that are taken; default: %(default)s",
    )
    parser.add_argument("--dry-run", action="store_true", help="only check")
    parser.add_argument("--reason", default="", help="for those who wonder later")
    import_arguments.add_to(parser)


def import_(desk: Desk, options: Namespace) -> int:
    import_arguments.refuse_strangers(options)
    if options.source is not None:
        return importing.import_from(desk, options, store=_import)
    if options.file is None:
        raise CommandError("Name a file of entries, or - for standard input.", returncode=2)
    told = _import(desk, _read(options.file), options)
    words = " would be" * options.dry_run
    text = f"{counted(len(told['created']), 'schedule')}{words} created, "
    desk.say(told | {"dry_run": options.dry_run}, f"{text}{len(told['changed'])} changed.")
    return 0


def _import(desk: Desk, entries: Entries, options: Namespace) -> dict[str, list[str]]:
    """Store entries, all or none, as --existing says; return the keys, by what was done."""
    there = taken.taken(desk.database, entries)
    if there and options.existing == "refuse":
        cure = "--existing keep leaves them, --existing change changes them."
        raise CommandError(f"{taken.told(there.values())} {cure}", returncode=2)
    new = {key: entry for key, entry in entries.items() if key not in there}
    old = {key: entries[key] for key in there} if options.existing == "change" else {}
    _refuse(new, old)
    if not options.dry_run:
        store = partial(_store, new, old, user=desk.by, reason=options.reason)
        in_transaction(desk.database, store)
    return {"created": sorted(new), "changed": list(old), "kept": sorted(set(there) - set(old))}


def _refuse(new: Entries, old: Entries) -> None:
    """Raise for whatever keeps one of them out; nothing is written, and no row is locked."""
    all_in_database(new)
    for key, entry in old.items():
        changed(row_of(key), entry)


def _store(new: Entries, old: Entries, *, user: str, reason: str) -> None:
    operations.create_many(new, user=user, reason=reason)
    for key, entry in old.items():
        operations.change(key, user=user, reason=reason, **entry)


def _read(path: Path) -> Entries:
    try:
        text = sys.stdin.read() if str(path) == "-" else path.read_text()
        found = json.loads(text)
    except json.JSONDecodeError as error:
        raise CommandError(
            f"{path} holds no JSON: {error}. If it is of another package, say of which: --from "
            "crontab.",
            returncode=2,
        ) from error
    except (OSError, ValueError) as error:
        raise CommandError(f"{path} cannot be read: {error}", returncode=2) from error
    if not isinstance(found, dict) or not all(isinstance(each, dict) for each in found.values()):
        raise CommandError(f"{path} holds no JSON object of entries by key.", returncode=2)
    return found
