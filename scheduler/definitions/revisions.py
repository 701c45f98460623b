"""One declaration into its row: create, rename, change, restore, retire, as verdicts say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db import IntegrityError, transaction

from scheduler import conf, materialise
from scheduler.definitions import newcomers, overrides, verdicts, versions
from scheduler.definitions.entry import Declaration
from scheduler.definitions.newcomers import Newcomer
from scheduler.definitions.settle import settle
from scheduler.definitions.takeover import resume, take_over
from scheduler.models import Schedule, ScheduleQuerySet
from tasks_core import clock

REMEMBERED = 20  # hashes of former definitions that one row keeps
RECORDED_BY = "sync"
KEPT = (  # by a schedule that gets another key
    *("watermark", "floor", "known_since", "last_due_at", "runs", "override"),
    *("overridden_at", "overridden_by", "override_reason"),
    *("paused_at", "paused_by", "pause_reason", "paused_until"),
)


def write(declaration: Declaration, *, force: bool = False) -> str:
    """Write ``declaration`` in the caller's transaction; return what it did, or why it did not."""
    alias = conf.database()
    if not Schedule.objects.using(alias).filter(pk=declaration.key).exists():
        for row in _locked(alias).filter(key__in=declaration.previous_keys):
            if verdicts.may_become(row, declaration):
                return _rename(alias, row, declaration)
        if _create(alias, declaration):
            return verdicts.CREATED
    row = _locked(alias).get(pk=declaration.key)
    verdict = verdicts.verdict(row, declaration, force=force)
    if verdict == verdicts.UNCHANGED and verdicts.is_newer_than(row):
        _sign(alias, row)
    if verdict in {verdicts.CHANGED, verdicts.RESTORED}:
        _change(row, declaration)
    return verdict


def create_all(declared: Sequence[Declaration]) -> None:
    """Create rows in the caller's transaction. Raises IntegrityError if one is there already."""
    alias = conf.database()
    now = clock.db_now(alias)
    new = [Newcomer(_row(each, now=now), each.trigger) for each in declared]
    newcomers.store(alias, new, recorded_by=RECORDED_BY)


def retire(key: str, *, force: bool = False) -> str:
    """Let the schedule of a declaration that is gone run no more; its ledger stays."""
    alias = conf.database()
    row = _locked(alias).get(pk=key)
    verdict = verdicts.retirement(row, force=force)
    if verdict != verdicts.RETIRED:  # or another process was first
        return verdict
    now = clock.db_now(alias)
    if row.enabled:
        settle(row, now=now, recorded_by=RECORDED_BY)
    versions.end(row)
    row.retired_at, row.next_due_at, row.waits_for = now, None, None
    row.release = conf.tuning().release or row.release
    row.save(using=alias, update_fields=["retired_at", "next_due_at", "waits_for", "release"])
    return verdict


def _create(alias: str, declaration: Declaration) -> bool:
    try:
        with transaction.atomic(using=alias):
            create_all([declaration])
    except IntegrityError:  # another process created it just now
        return False
    return True


def _row(declaration: Declaration, *, now: datetime) -> Schedule:
    columns = verdicts.written(declaration)
    return Schedule(key=declaration.key, watermark=now, floor=now, known_since=now, **columns)


def _rename(alias: str, former: Schedule, declaration: Declaration) -> str:
    """Go on under the new key: with the watermark, the ledger, the pause and the override."""
    now = clock.db_now(alias)
    was_active = former.enabled and former.retired_at is None
    if was_active:
        settle(former, now=now, recorded_by=RECORDED_BY)
    row = Schedule(key=declaration.key, **{name: getattr(former, name) for name in KEPT})
    if not was_active:  # nothing was due meanwhile
        row.watermark = max(now, row.watermark)
    for name, value in verdicts.columns(row, declaration).items():
        setattr(row, name, value)
    versions.end(former)
    # The old row stays, so that a process of the release before does not bring it back.
    former.retired_at, former.renamed_to = now, declaration.key
    former.next_due_at = former.waits_for = None
    former.save(using=alias)
    materialise.rename(former.key, declaration.key)
    resume(row, overrides.trigger(row, declaration), recorded_by=RECORDED_BY)
    row.save(using=alias, force_insert=True)
    return verdicts.RENAMED


def _change(row: Schedule, declaration: Declaration) -> None:
    now = clock.db_now(conf.database())
    columns = verdicts.columns(row, declaration)
    if row.declared_hash != declaration.definition_hash:
        replaced = [*row.replaced_hashes, row.declared_hash]
        known = [each for each in replaced if each != declaration.definition_hash]
        columns["replaced_hashes"] = known[-REMEMBERED:]
    trigger = overrides.trigger(row, declaration)
    take_over(row, columns, now=now, recorded_by=RECORDED_BY, trigger=trigger)


def _sign(alias: str, row: Schedule) -> None:
    """Note that a later release declares the schedule as it is; nothing else about it changes."""
    Schedule.objects.using(alias).filter(pk=row.pk).update(release=conf.tuning().release)


def _locked(alias: str) -> ScheduleQuerySet:
    return Schedule.objects.using(alias).select_for_update()
