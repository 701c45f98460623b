"""Which jobs a caller may see: all with the permission to view them, else their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404

from tasks_core import job_backends
from tasks_core.backends.base import BaseJobBackend
from tasks_core.backends.served import ServedBackend
from tasks_core.backends.served.questions import Wanted
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.http.creators import name_of, refuse_unknown
from tasks_core.http.cursors import cursor, moment, place
from tasks_core.http.problems import Refused
from tasks_core.http.shapes import JobLine, JobQuery, Wrong
from tasks_core.models import Job
from tasks_core.states import FINAL
from tasks_core.troubles import in_words

VIEW = ("tasks_core.view_job", "tasks_core.change_job")  # as in the admin
OPERATE = "tasks_core.change_job"
ONLY_HERE = ("creator", "since", "until", "cursor")  # what only a database is asked


def may_view(user: Any) -> bool:
    return any(map(user.has_perm, VIEW))


def may_see(user: Any, job: Job) -> bool:
    return may_view(user) or job.creator == name_of(user)


def served(backend: BaseJobBackend) -> ServedBackend:
    """Return a backend that our workers serve; raise Refused for another one."""
    if not isinstance(backend, ServedBackend):
        raise Refused(
            HTTPStatus.CONFLICT,
            f"{backend} keeps no jobs that could be asked for over HTTP. DatabaseBackend and "
            "RedisBackend do.",
        )
    return backend


def backend_named(alias: str, *, user: Any) -> ServedBackend:
    if alias in job_backends:
        return served(job_backends[alias])
    cure = "Leave it out."
    if may_view(user):  # how a site is made is not for everybody
        cure = f"Name one of these: {', '.join(job_backends)}."
    wrong = Wrong(field="backend", message="Not in JOBS.", cure=cure)
    raise Refused(HTTPStatus.NOT_FOUND, "There is no such backend.", wrong)


def find(user: Any, job_id: UUID) -> tuple[ServedBackend, Job]:
    """
    Return the job, and the backend that has it, although another one may be away.

    Raises Http404 if there is none that the user may see.
    """
    away: Exception | None = None
    for backend in _all_served():
        try:
            found = backend.questions.rows(backend.place, [job_id])
        except Exception as error:
            if in_words(error) is None:
                raise
            away = error
            continue
        for job in found:
            if may_see(user, job):
                return backend, job
    if away is not None:
        raise away
    raise Http404(f"There is no job {job_id}, or it is not yours. It may have been pruned.")


def _all_served() -> Iterator[ServedBackend]:
    for alias in job_backends:
        try:
            backend = job_backends[alias]
        except InvalidJobBackend:  # the check of JOBS says so, and nobody has stored a job there
            continue
        if isinstance(backend, ServedBackend):
            yield backend


def page(user: Any, asked: JobQuery) -> tuple[list[Job], str | None]:
    """Return the jobs that are asked for, the newest first, and the cursor of the next page."""
    backend = backend_named(asked.backend, user=user)
    creator = asked.creator if may_view(user) else name_of(user)
    if asked.creator not in ("", creator):
        raise PermissionDenied(f"You need the permission {VIEW[0]} to see the jobs of others.")
    if backend.database is None:
        return _elsewhere(backend, asked, creator=creator), None
    jobs = _narrowed(Job.objects.using(backend.database).only(*JobLine.model_fields), asked)
    # In the order of an index: by their ids, which grow with time, or by their ends.
    if not creator and asked.state in FINAL:
        return _by_end(jobs, asked)
    found, following = _by_id(jobs.for_creator(creator) if creator else jobs, asked)
    if asked.creator and not found:
        refuse_unknown(asked.creator, among=Job.objects.using(backend.database))
    return found, following


def _narrowed(jobs: Any, asked: JobQuery) -> Any:
    if asked.state:
        jobs = jobs.in_state(asked.state)
    narrowed = {
        "queue": asked.queue,
        "task": asked.task,
        "enqueued_at__gte": asked.since,
        "enqueued_at__lt": asked.until,
    }
    return jobs.filter(**{name: value for name, value in narrowed.items() if value})


def _by_id(jobs: Any, asked: JobQuery) -> tuple[list[Job], str | None]:
    if asked.cursor:
        jobs = jobs.filter(pk__lt=place(asked.cursor, UUID)[0])
    return _cut(jobs.order_by("-pk"), asked.limit, lambda last: cursor(last.pk.hex))


def _by_end(jobs: Any, asked: JobQuery) -> tuple[list[Job], str | None]:
    jobs = jobs.filter(finished_at__isnull=False)  # as the index has it
    if asked.cursor:
        ended, job_id = place(asked.cursor, moment, UUID)
        jobs = jobs.filter(Q(finished_at__lt=ended) | Q(finished_at=ended, pk__lt=job_id))
    jobs = jobs.order_by("-finished_at", "-pk")
    return _cut(jobs, asked.limit, lambda last: cursor(last.finished_at, last.pk.hex))


def _cut(jobs: Any, limit: int, behind: Callable[[Job], str]) -> tuple[list[Job], str | None]:
    """Return a page, and the cursor ``behind`` its last job if another page follows."""
    rows = list(jobs[: limit + 1])
    return rows[:limit], behind(rows[limit - 1]) if len(rows) > limit else None


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
