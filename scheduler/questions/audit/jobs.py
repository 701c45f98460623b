"""The ledger against the jobs: each row its job, and each job its row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime

from scheduler.models import Occurrence
from scheduler.questions.audit.faults import Fault, Kind, Row, fault
from scheduler.questions.elsewhere import not_missing
from tasks_core.models import Job

AT_ONCE = 500  # ids in one query


def torn(alias: str, rows: Sequence[Row]) -> Iterator[Fault]:
    """Yield the rows whose job is not there, although nobody noted that it ended or went."""
    open_rows = [row for row in rows if row.job_id is not None and not row.job_state]
    for start in range(0, len(open_rows), AT_ONCE):
        some = open_rows[start : start + AT_ONCE]
        asked = Job.objects.using(alias).filter(pk__in=[row.job_id for row in some])
        there = set(asked.values_list("pk", flat=True))
        missing = [row.job_id for row in some if row.job_id and row.job_id not in there]
        there |= not_missing(alias, missing)
        yield from (fault(Kind.TORN, row) for row in some if row.job_id not in there)


def shared(rows: Sequence[Row]) -> Iterator[Fault]:
    """Yield the rows whose job is that of another row, too."""
    seen: set[UUID] = set()
    for row in rows:
        if row.job_id is not None and row.job_id in seen:
            yield fault(Kind.TORN, row)
        if row.job_id is not None:
            seen.add(row.job_id)


def stray(
    alias: str, *, keys: Collection[str], after: datetime, floors: Mapping[str, datetime]
) -> Iterator[Fault]:
    """Yield the jobs made for a due time of these schedules, or of any, that no row names."""
    made = Job.objects.using(alias).filter(context__has_key="scheduled_for")
    if keys:
        made = made.filter(label__in=keys)
    jobs = made.order_by("pk").values_list("pk", "context").iterator(chunk_size=AT_ONCE)
    while some := dict(islice(jobs, AT_ONCE)):
        named = Occurrence.objects.using(alias).filter(job_id__in=list(some))
        for job_id in some.keys() - set(named.values_list("job_id", flat=True)):
            found = _stray(job_id, some[job_id])
            if found.due_at > max(after, floors.get(found.key, after)):
                yield found


def _stray(job_id: UUID, context: Mapping[str, Any]) -> Fault:
    due_at = parse_datetime(context["scheduled_for"])
    key = str(context.get("key", ""))
    if due_at is None:
        raise ValueError(f"Job {job_id} was made for {context['scheduled_for']!r:.80}.")
    return Fault(kind=Kind.STRAY, key=key, due_at=due_at, until_at=due_at, job_id=job_id)
