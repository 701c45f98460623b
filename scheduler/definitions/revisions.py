"""One declaration against its row: create, change, restore, retire or refuse."""

from __future__ import annotations

from django.db import IntegrityError, transaction

from scheduler import conf
from scheduler.choices import Source
from scheduler.definitions import releases
from scheduler.definitions.entry import Declaration
from scheduler.definitions.settle import settle
from scheduler.materialise import record_missed
from scheduler.models import Schedule, ScheduleQuerySet
from scheduler.triggers import At, Trigger, next_due
from tasks_core import clock

REMEMBERED = 20  # hashes of former definitions that one row keeps
RECORDED_BY = "sync"


def is_current(row: Schedule, declaration: Declaration, *, force: bool = False) -> bool:
    """Say whether there is nothing to write; needs no lock."""
    return _says_the_same(row, declaration, force=force) and not _is_newer_than(row)


def write(declaration: Declaration, *, force: bool = False) -> str:
    """Write ``declaration`` in the caller's transaction; return what it did, or why it did not."""
    alias = conf.database()
    if _create(alias, declaration):
        return "created"
    row = _locked(alias).get(pk=declaration.key)
    if _says_the_same(row, declaration, force=force):  # or another process was first
        if _is_newer_than(row):
            _sign(alias, row)
        return "unchanged"
    if why := _refusal(row, declaration, force=force):
        return why
    return _change(alias, row, declaration)


def retire(key: str, *, force: bool = False) -> str:
    """Let the schedule of a declaration that is gone run no more; its ledger stays."""
    alias = conf.database()
    row = _locked(alias).get(pk=key)
    if row.retired_at is not None:
        return "unchanged"  # another process was first
    release = conf.tuning().release
    if not force and releases.is_older(release, row.release):
        return f"release {release} does not declare it, but is older than {row.release}."
    now = clock.db_now(alias)
    if row.enabled:
        settle(row, now=now, recorded_by=RECORDED_BY)
    row.retired_at = now
    row.release = release or row.release
    row.save(using=alias, update_fields=["retired_at", "release"])
    return "retired"


def _create(alias: str, declaration: Declaration) -> bool:
    if Schedule.objects.using(alias).filter(pk=declaration.key).exists():
        return False
    now = clock.db_now(alias)
    row = Schedule(
        key=declaration.key,
        watermark=now,
        floor=now,
        known_since=now,
        next_due_at=next_due(declaration.trigger, now),
        **_written(declaration),
    )
    try:
        with transaction.atomic(using=alias):
            row.save(using=alias, force_insert=True)
    except IntegrityError:  # another process created it just now
        return False
    _note_past(row, declaration.trigger)
    return True


def _refusal(row: Schedule, declaration: Declaration, *, force: bool) -> str:
    if row.source == Source.DATABASE:
        return "a schedule with this key was made in the database; rename one of the two."
    release = conf.tuning().release
    if force or _is_newer_than(row):
        return ""
    if releases.is_older(release, row.release):
        return f"release {release} is older than {row.release}, which wrote it."
    if declaration.definition_hash in row.replaced_hashes:
        return (
            "this definition was replaced before by the one that runs now; "
            "`schedules sync --force` brings it back."
        )
    return ""


def _change(alias: str, row: Schedule, declaration: Declaration) -> str:
    now = clock.db_now(alias)
    restored = row.retired_at is not None
    rescheduled = row.trigger != declaration.definition()["trigger"]
    if row.enabled and not restored and (rescheduled or not declaration.enabled):
        settle(row, now=now, recorded_by=RECORDED_BY)
    if row.definition_hash != declaration.definition_hash:
        replaced = [*row.replaced_hashes, row.definition_hash]
        known = [each for each in replaced if each != declaration.definition_hash]
        row.replaced_hashes = known[-REMEMBERED:]
    if restored or rescheduled or not row.enabled:
        row.watermark = max(now, row.watermark)
    for name, value in _written(declaration).items():
        setattr(row, name, value)
    row.next_due_at = next_due(declaration.trigger, row.watermark)
    row.retired_at = row.quarantined_at = None
    row.error, row.error_count = "", 0
    row.save(using=alias)
    if rescheduled:
        _note_past(row, declaration.trigger)
    return "restored" if restored else "changed"


def _sign(alias: str, row: Schedule) -> None:
    """Note that a later release declares the schedule as it is; nothing else about it changes."""
    Schedule.objects.using(alias).filter(pk=row.pk).update(release=conf.tuning().release)


def _written(declaration: Declaration) -> dict[str, object]:
    return {
        **declaration.definition(),
        "definition_hash": declaration.definition_hash,
        "source": declaration.source,
        "release": conf.tuning().release or "",
    }


def _note_past(row: Schedule, trigger: Trigger) -> None:
    """Record an At that was over before we saw it; nobody would hear of it otherwise."""
    if isinstance(trigger, At) and trigger.moment <= row.watermark:
        record_missed(row, trigger.moment, now=row.watermark, recorded_by=RECORDED_BY)


def _says_the_same(row: Schedule, declaration: Declaration, *, force: bool) -> bool:
    return (
        row.definition_hash == declaration.definition_hash
        and row.enabled == declaration.enabled
        and row.source == declaration.source
        and row.retired_at is None
        and not (force and row.quarantined_at is not None)
        and not _stands_still(row, declaration)
    )


def _stands_still(row: Schedule, declaration: Declaration) -> bool:
    """Say whether nobody waits for a schedule that is due again."""
    if row.next_due_at is not None or not row.enabled or row.quarantined_at is not None:
        return False
    return next_due(declaration.trigger, row.watermark) is not None


def _is_newer_than(row: Schedule) -> bool:
    """Say whether this is a later release than the one that wrote ``row``."""
    mine = conf.tuning().release
    return bool(mine) and (not row.release or releases.is_older(row.release, mine))


def _locked(alias: str) -> ScheduleQuerySet:
    return Schedule.objects.using(alias).select_for_update()
