"""Which jobs a caller may see: all with the permission to view them, else their own."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404

from tasks_core import job_backends
from tasks_core.backends.base import BaseJobBackend
from tasks_core.backends.served import ServedBackend
from tasks_core.backends.served.questions import Wanted
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.http.cursors import cursor, moment, place
from tasks_core.http.problems import Refused
from tasks_core.http.shapes import JobQuery, Wrong
from tasks_core.models import Job
from tasks_core.options import CHECKS
from tasks_core.states import FINAL
from tasks_core.troubles import in_words

VIEW = ("tasks_core.view_job", "tasks_core.change_job")  # as in the admin
OPERATE = "tasks_core.change_job"
ONLY_HERE = ("creator", "since", "until", "cursor")  # what only a database is asked


def may_view(user: Any) -> bool:
    return any(map(user.has_perm, VIEW))


def may_see(user: Any, job: Job) -> bool:
    return may_view(user) or job.creator == name_of(user)


def name_of(user: Any) -> str:
    """Return the creator of the jobs that a user has asked for."""
    name: str = CHECKS["creator"](user)
    return name


def served(backend: BaseJobBackend) -> ServedBackend:
    """Return a backend that our workers serve; raise Refused for another one."""
    if not isinstance(backend, ServedBackend):
        raise Refused(
            HTTPStatus.CONFLICT,
            f"{backend} keeps no jobs that could be asked for over HTTP. DatabaseBackend and "
            "RedisBackend do.",
        )
    return backend


def backend_named(alias: str) -> ServedBackend:
    if alias in job_backends:
        return served(job_backends[alias])
    known = ", ".join(job_backends)
    wrong = Wrong(field="backend", message="Not in JOBS.", cure=f"Name one of these: {known}.")
    raise Refused(HTTPStatus.NOT_FOUND, "There is no such backend.", wrong)


def find(user: Any, job_id: UUID) -> tuple[ServedBackend, Job]:
    """
    Return the job, and the backend that has it, although another one may be away.

    Raises Http404 if there is none that the user may see.
    """
    away: Exception | None = None
    for alias in job_backends:
        try:
            backend = job_backends[alias]
            found = _rows(backend, job_id)
        except Exception as error:
            if in_words(error) is None and not isinstance(error, InvalidJobBackend):
                raise
            away = error
            continue
        for job in found:
            if may_see(user, job):
                return cast("ServedBackend", backend), job
    if away is not None:
        raise away
    raise Http404(f"There is no job {job_id}, or it is not yours. It may have been pruned.")


def _rows(backend: BaseJobBackend, job_id: UUID) -> list[Job]:
    if not isinstance(backend, ServedBackend):
        return []
    return backend.questions.rows(backend.place, [job_id])


def page(user: Any, asked: JobQuery) -> tuple[list[Job], str | None]:
    """Return the jobs that are asked for, the newest first, and the cursor of the next page."""
    backend = backend_named(asked.backend)
    creator = asked.creator if may_view(user) else name_of(user)
    if asked.creator not in ("", creator):
        raise PermissionDenied(f"You need the permission {VIEW[0]} to see the jobs of others.")
    if backend.database is None:
        return _elsewhere(backend, asked, creator=creator), None
    found = _narrowed(Job.objects.using(backend.database).all(), asked, creator=creator)
    rows = list(found[: asked.limit + 1])
    if len(rows) <= asked.limit:
        return rows, None
    return rows[:-1], _cursor(asked, rows[-2])


def _elsewhere(backend: ServedBackend, asked: JobQuery, *, creator: str) -> list[Job]:
    if creator or any(getattr(asked, name) for name in ONLY_HERE):
        raise Refused(
            HTTPStatus.CONFLICT,
            f"{backend} lists the newest jobs by state, queue and task, without pages, for those "
            f"with the permission {VIEW[0]}. Ask for a job by its id.",
        )
    states = [asked.state] if asked.state else []
    wanted = Wanted(states=states, queue=asked.queue, task=asked.task)
    return backend.questions.find(backend.place, wanted, limit=asked.limit)


def _narrowed(jobs: Any, asked: JobQuery, *, creator: str) -> QuerySet[Job]:
    """Return them in the order of an index: by their ids, which grow with time, or their end."""
    if asked.state:
        jobs = jobs.in_state(asked.state)
    is_ended = asked.state in FINAL
    jobs = jobs.filter(finished_at__isnull=False) if is_ended else jobs
    narrowed = {
        "queue": asked.queue,
        "task": asked.task,
        "creator": creator,
        "enqueued_at__gte": asked.since,
        "enqueued_at__lt": asked.until,
    }
    jobs = jobs.filter(**{name: value for name, value in narrowed.items() if value})
    if asked.cursor:
        jobs = jobs.filter(_after(asked))
    return jobs.order_by("-finished_at", "-pk") if is_ended else jobs.order_by("-pk")  # type: ignore[no-any-return]


def _cursor(asked: JobQuery, last: Job) -> str:
    return cursor(last.finished_at, last.pk.hex) if asked.state in FINAL else cursor(last.pk.hex)


def _after(asked: JobQuery) -> Q:
    if asked.state not in FINAL:
        (job_id,) = place(asked.cursor, UUID)
        return Q(pk__lt=job_id)
    ended, job_id = place(asked.cursor, moment, UUID)
    return Q(finished_at__lt=ended) | Q(finished_at=ended, pk__lt=job_id)
