"""The page of one job: its parts, without what this job has not."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext_lazy as _

from tasks_core.models import Job
from tasks_core.states import JobState

PARTS: tuple[tuple[Any, tuple[str, ...]], ...] = (
    (None, ("badge", "progress", "life", "task", "label", "tries")),
    (_("What went wrong"), ("attempts_that_raised",)),
    (_("What it was given, and gave"), ("arguments", "result")),
    (_("When"), ("moments", "timeout")),
    (_("Where"), ("queue", "priority", "claimed_by")),
    (
        _("One at a time, or few"),
        ("active_key", "concurrency_key", "concurrency_limit", "rate_key"),
    ),
    (_("Who, and what else"), ("creator", "about", "id", "fence")),
)
# What only some jobs have, by the name of the field that shows it.
OPTIONAL: dict[str, Callable[[Job], bool]] = {
    "progress": lambda job: job.progress_done is not None,
    "label": lambda job: bool(job.label),
    "attempts_that_raised": lambda job: bool(job.errors),
    "result": lambda job: job.state == JobState.SUCCESSFUL,
    "timeout": lambda job: job.timeout is not None,
    "claimed_by": lambda job: job.claimed_by_id is not None,
    "active_key": lambda job: job.active_key is not None,
    "concurrency_key": lambda job: job.concurrency_key is not None,
    "concurrency_limit": lambda job: job.concurrency_key is not None,
    "rate_key": lambda job: job.rate_key is not None,
    "creator": lambda job: bool(job.creator),
    "about": lambda job: bool(job.context),
}


def parts(job: Job | None) -> list[tuple[Any, dict[str, Any]]]:
    """Return the fieldsets: no heading stands above nothing."""
    told = ((words, [name for name in names if _has(job, name)]) for words, names in PARTS)
    return [(words, {"fields": names}) for words, names in told if names]


def _has(job: Job | None, name: str) -> bool:
    return job is None or name not in OPTIONAL or OPTIONAL[name](job)
