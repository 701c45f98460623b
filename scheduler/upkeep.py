"""What some scheduler must do now and then: forget old ledger rows, find ends nobody noted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from scheduler import conf, materialise
from scheduler.choices import Outcome
from scheduler.models import Occurrence
from tasks_core import clock, job_backends
from tasks_core.results import JobResult
from tasks_core.states import FINAL, UNKNOWN

PAGE = 500


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
    found: dict[UUID, JobResult] = {}
    for backend in _backends(alias):
        found |= backend.get_many(ids)
    ended = {job_id: found[job_id].status if job_id in found else UNKNOWN for job_id in ids}
    for state in (*FINAL, UNKNOWN):
        jobs = [job_id for job_id in ids if ended[job_id] == state]
        materialise.note_end(jobs, state=state, at=now)
    return page[-1].pk if len(page) == PAGE else 0


def _page(rows: QuerySet[Occurrence], *, after: int, limit: int) -> list[int]:
    return list(rows.filter(pk__gt=after).order_by("pk").values_list("pk", flat=True)[:limit])


def _backends(alias: str) -> Iterable[Any]:
    """Return the backends that keep their jobs beside the ledger."""
    for backend in map(job_backends.__getitem__, job_backends):
        if backend.database == alias and backend.supports("get_many"):
            yield backend
