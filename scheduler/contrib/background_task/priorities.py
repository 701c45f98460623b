"""
Priorities of tasks <-> priorities of jobs, of which the highest is first.

With ``BACKGROUND_TASK_PRIORITY_ORDERING = "ASC"`` a task's is niceness, -20 first and 19 last, and
the job has its opposite. What lies outside is as far out as a job can be.
"""

from scheduler.contrib.background_task.settings import app_settings
from tasks_core.options import MAX_PRIORITY, MIN_PRIORITY


def sign() -> int:
    """Return -1 where a lower number is more urgent, else 1."""
    return 1 if app_settings.BACKGROUND_TASK_PRIORITY_ORDERING else -1


def of_job(priority: int) -> int:
    """Return the priority of the job of a task with ``priority``."""
    return max(MIN_PRIORITY, min(MAX_PRIORITY, sign() * int(priority)))


def of_row(priority: int) -> int:
    """Return the priority of the task of a job, or of a schedule, with ``priority``."""
    return sign() * priority
