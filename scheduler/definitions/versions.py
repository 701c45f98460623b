"""The history of what a schedule said; each version governs the due times after its ``since``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from scheduler import conf
from scheduler.definitions.entry import COPIED
from scheduler.definitions.hashes import as_json, hash_of
from scheduler.models import Definition, Schedule

COLUMNS = (*COPIED, "trigger", "timezone", "calendar_rules")
BATCH = 500  # rows in one statement


def definition_of(row: Schedule) -> dict[str, Any]:
    """Return what the row says, by column: its declaration with the override in force."""
    return {name: getattr(row, name) for name in COLUMNS}


def begin(row: Schedule, *, recorded_by: str = "") -> None:
    """Note that what ``row`` says decides from its watermark on, and set its hash; not saved."""
    end(row)
    _version(row, recorded_by=recorded_by).save(using=conf.database(), force_insert=True)


def begin_all(rows: Iterable[Schedule], *, recorded_by: str = "") -> None:
    """Do as ``begin`` for many new rows at once."""
    made = [_version(row, recorded_by=recorded_by) for row in rows]
    Definition.objects.using(conf.database()).bulk_create(made, batch_size=BATCH)


def _version(row: Schedule, *, recorded_by: str) -> Definition:
    said = definition_of(row)
    row.definition_hash = hash_of(said)
    return Definition(
        schedule_key=row.key,
        since=row.watermark,
        definition=as_json(said),
        definition_hash=row.definition_hash,
        release=row.release,
        recorded_by=recorded_by,
    )


def end(row: Schedule) -> None:
    """Note that nothing is due after the watermark of ``row``, until a version begins."""
    versions = Definition.objects.using(conf.database()).filter(schedule_key=row.key, until=None)
    versions.update(until=row.watermark)
