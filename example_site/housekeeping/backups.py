"""Copies of the database: made whole or not at all, the oldest deleted."""

from __future__ import annotations

from contextlib import closing
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.core.management import call_command
from django.db import connection


def folder() -> Path:
    return Path(settings.DATA_DIR) / "backups"


def make(*, now: datetime) -> Path:
    """Write one backup and return its path. Repeating it for the same moment replaces it."""
    folder().mkdir(parents=True, exist_ok=True)
    is_sqlite = connection.vendor == "sqlite"
    suffix = "sqlite3" if is_sqlite else "json.gz"
    target = folder() / f"site-{now:%Y%m%dT%H%M%S}.{suffix}"
    unfinished = folder() / f"unfinished-{target.name}"
    unfinished.unlink(missing_ok=True)
    copy_sqlite(unfinished) if is_sqlite else dump(unfinished)
    unfinished.replace(target)
    return target


def copy_sqlite(target: Path) -> None:
    # A connection of its own in autocommit: VACUUM is refused inside a transaction.
    with closing(connection.copy()) as own, own.cursor() as cursor:
        cursor.execute("VACUUM INTO %s", [str(target)])


def dump(target: Path) -> None:
    # Content types and permissions are made by migrate, and sessions are nobody's treasure.
    leave_out = ["contenttypes", "auth.permission", "sessions"]
    call_command("dumpdata", exclude=leave_out, output=str(target), verbosity=0)


def rotate(*, keep: int) -> int:
    """Delete all backups but the newest ``keep``. Return how many were deleted."""
    oldest = sorted(folder().glob("site-*"))[: -keep or None]
    for path in oldest:
        path.unlink()
    return len(oldest)
