"""
Calls that wait elsewhere to run once, as jobs.

One is stored once while its job's row is kept, however often it is imported: they have an id.
After that it would be stored again, if it still waited there.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from scheduler.importing.readings import Reading, Waiting
from tasks_core import Call, background, job_backends, registry
from tasks_core.exceptions import JobDoesNotExist, JobError, UnknownTask, UnsupportedFeature
from tasks_core.preparation import accepted, declared

DECLARE = "Declare it with {}; if it is called otherwise here, say so: --map {}=new.name."
MAPPED = "Declare it with {}; or --map {}=new.name calls it by another name."


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedJob:
    """One of them, and what keeps it out."""

    key: str
    call: Call
    problem: str = ""
    notes: tuple[str, ...] = ()
    is_skipped: bool = False

    @property
    def is_blocked(self) -> bool:
        return bool(self.problem) and not self.is_skipped

    @property
    def is_importable(self) -> bool:
        return not (self.problem or self.is_skipped)


def review(waiting: Collection[Waiting], *, skipped: Collection[str]) -> list[ReviewedJob]:
    return [
        ReviewedJob(
            key=each.key,
            call=each.call_here,
            problem=each.refusal or problem_of(each) or _refusal(each.call_here),
            notes=each.notes,
            is_skipped=each.key in skipped,
        )
        for each in waiting
    ]


def problem_of(found: Reading | Waiting) -> str:
    """Return why no job can be of its task, with the cure; or nothing."""
    try:
        registry.resolve(found.renamed or found.task)
    except UnknownTask as error:
        cure = MAPPED if found.renamed else DECLARE
        return f"{error} {cure.format(found.decorator, found.task)}"
    return ""


def _refusal(call: Call) -> str:
    """Return why the backend would refuse a job of a known task; or nothing."""
    task = registry.resolve(str(call.func))
    try:
        accepted(job_backends[task.backend], "defer", declared(call, task), task=task)
    except JobError as error:
        return str(error)
    return ""


def store(reviewed: Collection[ReviewedJob]) -> list[UUID]:
    """Store those that are no jobs yet; return their ids."""
    calls = [each.call for each in reviewed if not each.is_skipped]
    by_backend = groupby(sorted(calls, key=_alias), key=_alias)
    return [id_ for alias, some in by_backend for id_ in _store(alias, list(some))]


def _store(alias: str, calls: list[Call]) -> list[UUID]:
    new = [call for call in calls if not _is_there(alias, call.id)]
    background.on(alias).enqueue_many(new)
    return [call.id for call in new if call.id is not None]


def _alias(call: Call) -> str:
    return registry.resolve(str(call.func)).backend


def _is_there(alias: str, job_id: Any) -> bool:
    try:
        background.on(alias).get(job_id)
    except (JobDoesNotExist, UnsupportedFeature):
        return False
    return True
