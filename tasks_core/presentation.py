"""Jobs in the words of a terminal or of a script."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

from tasks_core import masking
from tasks_core.models import Job
from tasks_core.states import FINAL, JobState

MINUTE = 60
COLUMNS = ("id", "state", "task", "queue", "priority", "attempts", "run_after")


def as_dict(job: Job) -> dict[str, Any]:
    """Return every stored field by name, for ``--format json``; what is sensitive is masked."""
    told = {field.attname: getattr(job, field.attname) for field in Job._meta.concrete_fields}
    told["claimed_by"] = told.pop("claimed_by_id")
    return told | masking.shown(job.task, job.args, job.kwargs)


def progress(job: Job) -> str:
    """Return "3 of 10 (30 %)" or "3", as far as the job has told."""
    done, total = job.progress_done, job.progress_total
    if done is None:
        return ""
    return f"{done} of {total} ({_percent(done, total)} %)" if total else str(done)


def _percent(done: int, total: int) -> int:
    # Never 100 before the end: rounded down.
    return min(100, 100 * done // total)


def notes(job: Job) -> str:
    """Return what is special about an unfinished job, in words."""
    if job.state in FINAL:
        return ""
    told = [
        waits_for(job),
        "cancel requested" if job.cancel_requested_at else "",
        _suspicion(job) if job.suspect else "",
    ]
    return ", ".join(filter(None, told))


def _suspicion(job: Job) -> str:
    alone = "runs alone" if job.state == JobState.RUNNING else "runs alone next time"
    return f"suspect: its process died, so it {alone}"


def waits_for(job: Job) -> str:
    """Return for which limits a parked job waits."""
    if not (job.parked and job.state == JobState.READY):
        return ""
    limits = (("concurrency key", job.concurrency_key), ("rate", job.rate_key))
    return "waits for " + " and ".join(f"{word} {key}" for word, key in limits if key)


def as_json(value: Any) -> str:
    return json.dumps(value, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)


def as_table(rows: Iterable[Sequence[Any]], header: Sequence[str]) -> str:
    """Return rows under a header, as wide as they need to be."""
    cells = [tuple(header), *(tuple(map(_cell, row)) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in cells)
    return "\n".join(lines)


def as_lines(told: dict[str, Any]) -> str:
    """Return one fact to a line, empty ones left out."""
    width = max(map(len, told), default=0)
    known = ((name, value) for name, value in told.items() if value not in (None, "", [], {}))
    return "\n".join(f"{name.ljust(width)}  {_cell(value)}" for name, value in known)


def ago(moment: datetime, now: datetime) -> str:
    """Return "in 5 min" or "3 h ago"."""
    delta = moment - now
    words = _roughly(abs(delta))
    return f"in {words}" if delta > timedelta(0) else f"{words} ago"


def duration(seconds: float | None) -> str:
    """Return "4 ms", "3.2 s" or "5 min"; nothing for what is not known."""
    if seconds is None:
        return ""
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    return f"{seconds:.1f} s" if seconds < MINUTE else _roughly(timedelta(seconds=seconds))


def _roughly(delta: timedelta) -> str:
    seconds = delta.total_seconds()
    for size, name in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


def _cell(value: Any) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, (list, dict)):
        return json.dumps(value, ensure_ascii=False, cls=DjangoJSONEncoder)
    return str(value).replace("\n", "\n    ")
