"""Jobs: asked for, listed, shown, cancelled, tried again."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse

from tasks_core import acts, ids, job_backends, masking
from tasks_core.definition import Task
from tasks_core.http import calling, finding, keys, signatures
from tasks_core.http.door import Door, lacking, reply, stored
from tasks_core.http.operations import Operation
from tasks_core.http.problems import Refused
from tasks_core.http.shapes import (
    CallOptions,
    JobLine,
    JobPage,
    JobQuery,
    JobWhole,
    Nothing,
    Receipt,
)
from tasks_core.models import Job
from tasks_core.states import JobState

# What an operator does to one job: noted, and refused where its state is another.
act_on_one = partial(
    Operation, takes=Nothing, refuses=(HTTPStatus.CONFLICT,), needs=(finding.OPERATE,)
)


class JobsView(Door):
    GET = Operation(
        name="list_jobs",
        summary="List jobs, the newest first",
        description=(
            "Without the permission to view jobs: your own. Of all jobs in one final state the "
            "ones that ended last come first."
        ),
        asks=JobQuery,
        answers={200: JobPage},
        refuses=(HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT),
    )

    def get(self, request: Any) -> HttpResponse:
        found, following = finding.page(request.user, self.asked)
        return reply(JobPage(jobs=list(map(JobLine.model_validate, found)), next=following))


class TaskView(Door):
    POST = Operation(
        name="create_job",
        summary="Store a job",
        takes=CallOptions,
        takes_key=True,
        answers={201: Receipt, 200: Receipt},
        refuses=(HTTPStatus.CONFLICT,),
    )

    def post(self, request: Any, name: str) -> HttpResponse:
        task = calling.callable_by(request.user, name)
        needed = calling.permission(task)
        if not request.user.has_perm(needed):
            raise lacking(needed)
        backend = finding.served(job_backends[task.backend])
        said = self.said(signatures.takes(task).shape)
        key, new_id = keys.key_of(request, self.body), ids.job_id()
        job_id, was_before = calling.store(
            task, said, backend, key=key, user=request.user, new_id=new_id
        )
        told = calling.receipt(job_id, task, backend, user=request.user)
        is_new = job_id == new_id and not was_before
        where = reverse(f"{request.resolver_match.namespace}:job", args=[job_id])
        return stored(told, is_new=is_new, was_before=was_before, where=where)

    @classmethod
    def operations(cls, path: str, *, user: Any) -> Iterator[tuple[str, str, Operation]]:
        """Yield one for each task that ``user`` may call: each takes something else."""
        for name, task in signatures.callable_tasks().items():
            if not user.has_perm(calling.permission(task)):
                continue
            yield path.replace("{name}", name), "POST", _operation(cls.POST, task)


class JobView(Door):
    GET = Operation(name="show_job", summary="Show a job", answers={200: JobWhole})

    def get(self, request: Any, id: UUID) -> HttpResponse:  # noqa: A002 - as the address calls it
        _backend, job = finding.find(request.user, id)
        return reply(_whole(job, request.user))


class ActView(Door):
    """What an operator does to one job; it is noted in its history, as from the admin."""

    acts: ClassVar[tuple[acts.Act, ...]]

    def is_done(self, job: Job) -> bool:
        """Say whether nothing was left to do to the job as it is."""
        return False

    def post(self, request: Any, id: UUID) -> HttpResponse:  # noqa: A002 - the same
        self.said(Nothing)
        backend, job = finding.find(request.user, id)
        changed = sum(act.on(backend, [job.pk], user=request.user) for act in self.acts)
        _backend, job = finding.find(request.user, id)
        if not changed and not self.is_done(job):
            states = " or ".join(state for act in self.acts for state in act.states)
            raise Refused(
                HTTPStatus.CONFLICT,
                f"The job is {job.state}. This can be done to one that is {states}.",
            )
        return reply(_whole(job, request.user), status=202 if _is_stopping(job) else 200)


class CancelView(ActView):
    POST = act_on_one(
        name="cancel_job",
        summary="Cancel a job",
        description="One that waits never runs (200); one that runs is asked to stop (202).",
        answers={200: JobWhole, 202: JobWhole},
    )
    acts = (acts.CANCEL, acts.ASK)

    def is_done(self, job: Job) -> bool:
        return job.state == JobState.CANCELLED or _is_stopping(job)


class RetryView(ActView):
    POST = act_on_one(
        name="retry_job",
        summary="Let a failed or cancelled job run again, with all attempts",
        answers={200: JobWhole},
    )
    acts = (acts.RETRY,)


def _is_stopping(job: Job) -> bool:
    return job.state == JobState.RUNNING and job.cancel_requested_at is not None


def _operation(operation: Operation, task: Task[Any, Any]) -> Operation:
    """Return what the document says of one task."""
    told = inspect.getdoc(task.func) or ""
    return replace(
        operation,
        name=f"create_job_{task.name}",
        summary=f"Store a job of {task.name}",
        description=f"{told}\n\nNeeds the permission `{calling.permission(task)}`.".strip(),
        takes=signatures.takes(task).shape,
    )


def _whole(job: Job, user: Any) -> JobWhole:
    told = JobWhole.model_validate(job)
    if not finding.may_view(user):
        for error in told.errors:
            error.traceback = None
    return told.model_copy(update=masking.shown(job.task, job.args, job.kwargs))
