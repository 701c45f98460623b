"""A job of a schedule now, with arguments that fit its task."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from scheduler import conf, operations
from scheduler.exceptions import OperationRefused
from scheduler.http.shapes import Run
from scheduler.operations.batches import known_task
from scheduler.operations.locking import later, row_of
from tasks_core import clock, registry
from tasks_core.exceptions import InvalidCall
from tasks_core.http import wrongs
from tasks_core.http.arguments import unstorable
from tasks_core.http.binding import unfit


def run(key: str, said: Run, *, user: Any) -> UUID | None:
    """Make the job; raise Refused naming what of its arguments the task does not take."""
    _refuse_unfit(key, said)
    try:
        return operations.run(
            key, user=user, reason=said.reason, args=said.args, kwargs=said.kwargs
        ).job_id
    except InvalidCall:
        given = {"args": said.args, "kwargs": said.kwargs}
        found = unstorable({name: each for name, each in given.items() if each}, at=[])
        if not found:
            raise
        raise wrongs.refusal(*found) from None


def _refuse_unfit(key: str, said: Run) -> None:
    row = row_of(key)
    args = row.args if said.args is None else said.args
    kwargs = row.kwargs if said.kwargs is None else said.kwargs
    is_computed = bool(row.args_from or row.kwargs_from)
    is_said = said.args is not None or said.kwargs is not None
    if row.renamed_to or not is_said or (is_computed and None in (said.args, said.kwargs)):
        return  # what is not said is not the caller's fault, and what cannot be is refused anyway
    known_task(row)  # or it is refused for another reason
    if found := unfit(registry.resolve(row.task), args, kwargs):
        raise wrongs.refusal(*found)


def address(job_id: UUID | None) -> str | None:
    """Return where the job is told of, if the site tells of jobs as well."""
    try:
        return reverse("tasks_core_http:job", args=[job_id]) if job_id else None
    except NoReverseMatch:
        return None


def to_come(until: datetime | timedelta | None, *, what: str) -> datetime | timedelta | None:
    """Return it as it is; raise Refused naming the field for what is over."""
    try:
        later(until, now=clock.db_now(conf.database()))
    except OperationRefused as error:
        cure = "Send a later one, or leave it out."
        raise wrongs.refusal(wrongs.at([what], str(error), cure)) from None
    return until
