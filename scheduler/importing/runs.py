"""
What else of a run differs: whether it begins beside the one before, and what follows a failure.

Elsewhere a run mostly begins while the previous one goes on, and one that raises is mostly over;
here it is the other way round unless a schedule says so. So each that is imported says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduler.importing.readings import Reading
from tasks_core import Task, job_backends, registry
from tasks_core.exceptions import JobError

BESIDE: Mapping[str, Any] = {"overlap": "allow"}
TOLD_BESIDE = (
    'A run begins there also while the previous one goes on, so here overlap="allow". Without it '
    "such a due time is skipped, and recorded."
)
TOLD_ATTEMPTS = (
    "A run that raises is not tried again there, unless that was said. Here it would be, up to "
    'TASKS_CORE["MAX_ATTEMPTS"] times, so max_attempts is named; where @task(max_attempts=) '
    "names it, that holds."
)
IN_BODY = "A Celery task that has autoretry_for= or calls retry() needs it: @task(max_attempts=)."


def attempts_of(reading: Reading) -> dict[str, int]:
    """Return max_attempts as it is there, unless the task, or where its jobs go, decides that."""
    if reading.attempts is None:
        return {}
    try:
        is_open = _takes_attempts(registry.resolve(reading.task_here))
    except JobError:  # said elsewhere, and mended by the time that the entry is taken
        is_open = True
    return {"max_attempts": reading.attempts} if is_open else {}


def _takes_attempts(task: Task[Any, Any]) -> bool:
    backend = job_backends[task.backend]
    if "max_attempts" in task.options or task.unplaced or not backend.supports("enqueue"):
        return False
    names, takes_any = backend.parameters("enqueue")
    return takes_any or "max_attempts" in names
