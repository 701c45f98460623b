"""What some scheduler must do now and then: forget old ledger rows, find ends nobody noted."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from math import inf
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from scheduler import conf, materialise
from scheduler.choices import Outcome
from scheduler.models import Occurrence, Schedule
from tasks_core import clock, job_backends, outbox
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.models import Outbox
from tasks_core.results import JobResult
from tasks_core.states import FINAL, UNKNOWN

PAGE = 500
logger = logging.getLogger("scheduler")
HOPE = timedelta(days=1)  # that a backend which cannot be asked tells how a job ended


def purge() -> int:
    """
    Forget what lies below each schedule's watermark by more than the retention.

    Returns how many ledger rows went. One short transaction per batch, so that a tick never
    waits long for it.
    """
    alias, tuning = conf.database(), conf.tuning()
    horizon = clock.db_now(alias) - tuning.retention
    old = Occurrence.objects.using(alias).filter(recorded_at__lt=horizon)
    forgotten, last = 0, 0
    while page := _page(old, after=last, limit=tuning.purge_batch):
        forgotten += materialise.forget(page, older_than=tuning.retention)
        last = page[-1]
    return forgotten


def reconcile(*, after: int = 0) -> int:
    """
    Note the ends of up to a page of jobs that ended unnoticed, as when a worker died.

    Looks at rows with a primary key above ``after`` and returns where to go on, 0 at the end.
    """
    alias = conf.database()
    open_rows = Occurrence.objects.using(alias).filter(
        job_state="", outcome=Outcome.ENQUEUED, pk__gt=after
    )
    page = list(open_rows.order_by("pk")[:PAGE])
    if not page:
        return 0
    now = clock.db_now(alias)
    ids = [row.job_id for row in page if row.job_id is not None]
    # Before the backends: what is handed over meanwhile is found there.
    waiting = set(Outbox.objects.using(alias).filter(pk__in=ids).values_list("pk", flat=True))
    found, silent = _asked(alias, page, ids)
    for state in FINAL:
        jobs = [job_id for job_id in ids if job_id in found and found[job_id].status == state]
        materialise.note_end(jobs, state=state, at=now)
    gone = [
        row.job_id
        for row in page
        if row.job_id is not None
        and row.job_id not in found
        and row.job_id not in waiting
        and (row.schedule_key not in silent or now - row.recorded_at >= HOPE)
    ]
    materialise.note_end(gone, state=UNKNOWN, at=now)
    return page[-1].pk if len(page) == PAGE else 0


def _asked(
    alias: str, rows: Sequence[Occurrence], ids: Sequence[UUID]
) -> tuple[dict[UUID, JobResult], set[str]]:
    """
    Ask the backends beside the ledger, and those that the schedules of these rows use.

    Return the jobs that they know, and the keys of the schedules whose backend tells nothing.
    """
    keys = {row.schedule_key for row in rows}
    using: dict[str, set[str]] = defaultdict(set)
    for key, name in (
        Schedule.objects.using(alias).filter(pk__in=keys).values_list("key", "backend")
    ):
        using[name].add(key)
    found: dict[UUID, JobResult] = {}
    silent: set[str] = set()
    for name in dict.fromkeys([*job_backends, *using]):
        try:
            backend: Any = job_backends[name]
            if backend.supports("get_many") and (backend.database == alias or name in using):
                answers = backend.get_many(ids)
                known = {pk: job for pk, job in answers.items() if job.status != UNKNOWN}
                found |= known
                if len(known) < len(answers):  # jobs that wait there cannot be told from none
                    silent |= using.get(name, set())
            elif not backend.supports("get_many"):
                silent |= using.get(name, set())
        except InvalidJobBackend:
            continue  # it is gone, and its jobs with it
        except Exception:
            if backend.database == alias:
                raise
            logger.warning("the backend %s does not tell how jobs ended", name, exc_info=True)
            silent |= using.get(name, set())
    return found, silent


def outboxes() -> list[str]:
    """Return the databases in which intents of the scheduler, or of callers, are written down."""
    return [conf.database(), *outbox.callers()]


def sweep(*, seconds: float = inf) -> int:
    """Hand over what the outboxes still have, for so long; return how many calls arrived."""
    return outbox.sweep_all(outboxes(), seconds=seconds)


def _page(rows: QuerySet[Occurrence], *, after: int, limit: int) -> list[int]:
    return list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])
