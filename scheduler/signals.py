"""What happened, said once. Logging listens like any other receiver."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.dispatch import Signal, receiver

from tasks_core.words import counted

if TYPE_CHECKING:
    from scheduler.sync import Report

logger = logging.getLogger("scheduler")

occurrences_recorded = Signal()
"""A transaction committed. ``enqueued``, ``skipped``: how many due times; ``alias``: database."""

occurrences_failed = Signal()
"""Jobs of schedules have failed for good, which the ledger notes in this transaction, once. What
a receiver raises undoes its note, and it is told again. ``job_ids``."""

schedule_failed = Signal()
"""A schedule could not be materialised. ``key``, ``error``: text, ``errors``: in a row,
``retry_at``; nothing of it is lost."""

schedule_quarantined = Signal()
"""A schedule failed too often in a row and is left alone from now on. ``key``, ``error``."""

schedule_overlapping = Signal()
"""A schedule's jobs were skipped for overlap several times in a row. ``key``, ``count``."""

schedule_left_alone = Signal()
"""This process does not know a schedule's trigger or task; others may. ``key``, ``why``."""

schedule_missed = Signal()
"""A schedule was due before it was first seen, and will never be due again. ``key``, ``due_at``."""

tick_refused = Signal()
"""A request to tick by URL was not well signed. ``why``: it was not told."""

schedule_stale = Signal()
"""A schedule has not succeeded within its ``must_succeed_within``. ``key``, ``since``: when that
time was over, ``succeeded_at``: its last success or None."""

schedule_fresh = Signal()
"""A stale schedule has succeeded again. ``key``."""

zone_rules_changed = Signal()
"""Due times were planned anew for another release of tzdata. ``before``, ``version``, ``moved``:
how many schedules are due at another time than they were."""

schedules_synced = Signal()
"""Declarations were written to the database. ``report``: Report."""


@receiver(occurrences_recorded)
def log_recorded(enqueued: int, skipped: int, **kwargs: Any) -> None:
    if enqueued or skipped:
        logger.info(
            "%s became jobs, %d were skipped",
            counted(enqueued, "due time"),
            skipped,
            extra={"enqueued": enqueued, "skipped": skipped},
        )


@receiver(schedule_failed)
def log_failed(key: str, error: str, *, errors: int, retry_at: datetime, **kwargs: Any) -> None:
    logger.error(
        "schedule %r failed (%d in a row), next try at %s: %s",
        key,
        errors,
        retry_at.isoformat(),
        error,
        extra={"schedule": key},
    )


@receiver(schedule_quarantined)
def log_quarantined(key: str, error: str, **kwargs: Any) -> None:
    logger.error(
        "schedule %r is quarantined; correct it and run `schedules sync --force`: %s",
        key,
        error,
        extra={"schedule": key},
    )


@receiver(schedule_overlapping)
def log_overlapping(key: str, count: int, **kwargs: Any) -> None:
    logger.warning(
        "schedule %r was skipped %d times in a row: its previous job has not ended",
        key,
        count,
        extra={"schedule": key},
    )


@receiver(schedule_left_alone)
def log_left_alone(key: str, why: str, **kwargs: Any) -> None:
    logger.warning("schedule %r is left to other processes: %s", key, why, extra={"schedule": key})


@receiver(schedule_missed)
def log_missed(key: str, due_at: datetime, **kwargs: Any) -> None:
    logger.warning(
        "schedule %r was due at %s, before it was first seen, and will not run",
        key,
        due_at.isoformat(),
        extra={"schedule": key},
    )


@receiver(tick_refused)
def log_refused(why: str, **kwargs: Any) -> None:
    logger.warning("a request to tick was refused: %s", why)


@receiver(schedule_stale)
def log_stale(key: str, since: datetime, succeeded_at: datetime | None, **kwargs: Any) -> None:
    logger.error(
        "schedule %r is stale since %s; it succeeded last %s",
        key,
        since.isoformat(),
        f"at {succeeded_at.isoformat()}" if succeeded_at else "never",
        extra={"schedule": key},
    )


@receiver(schedule_fresh)
def log_fresh(key: str, **kwargs: Any) -> None:
    logger.info("schedule %r has succeeded again", key, extra={"schedule": key})


@receiver(zone_rules_changed)
def log_zone_rules(before: str, version: str, moved: int, **kwargs: Any) -> None:
    logger.warning(
        "time zones follow tzdata %s instead of %s: %d schedules are due at another time",
        version,
        before,
        moved,
        extra={"moved": moved},
    )


@receiver(schedules_synced)
def log_synced(report: Report, **kwargs: Any) -> None:
    logger.log(logging.WARNING if report.refused else logging.INFO, "%s", report)
