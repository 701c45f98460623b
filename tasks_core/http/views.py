"""Jobs: asked for, listed, shown, cancelled, tried again."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import UUID

from django.db import router
from django.http import Http404, HttpResponse
from django.urls import reverse

from tasks_core import Call, acts, background, conf, ids, job_backends, masking
from tasks_core.backends.served import ServedBackend
from tasks_core.conf import did_you_mean
from tasks_core.definition import Task
from tasks_core.http import finding, keys, shapes, signatures
from tasks_core.http.door import Door, lacking, reply
from tasks_core.http.models import AnsweredKey
from tasks_core.http.operations import Operation
from tasks_core.http.problems import Refused
from tasks_core.http.shapes import CallOptions, JobLine, JobPage, JobQuery, JobWhole, Receipt
from tasks_core.models import Job
from tasks_core.preparation import is_durable
from tasks_core.states import UNKNOWN, JobState

CREATE = "tasks_core.add_job"


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
        task = _callable(name, user=request.user)
        needed = _permission(task)
        if not request.user.has_perm(needed):
            raise lacking(needed)
        backend = finding.served(job_backends[task.backend])
        said = self.said(signatures.takes(task).shape)
        call, new_id = _call(task, said, user=request.user), ids.job_id()
        key = keys.key_of(request, self.body)
        job_id, was_before = _once(key, backend, call, new_id=new_id)
        told = _receipt(job_id, task, backend, user=request.user)
        is_new = job_id == new_id and not was_before
        headers = keys.REPLAYED if was_before else {}
        where = reverse(f"{request.resolver_match.namespace}:job", args=[job_id])
        return reply(told, status=201 if is_new else 200, Location=where, **headers)

    @classmethod
    def operations(cls, path: str, *, user: Any) -> Iterator[tuple[str, str, Operation]]:
        """Yield one for each task that ``user`` may call: each takes something else."""
        for name, task in signatures.callable_tasks().items():
            if not user.has_perm(_permission(task)):
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
    POST = Operation(
        name="cancel_job",
        summary="Cancel a job",
        description="One that waits never runs (200); one that runs is asked to stop (202).",
        answers={200: JobWhole, 202: JobWhole},
        refuses=(HTTPStatus.CONFLICT,),
        needs=(finding.OPERATE,),
    )
    acts = (acts.CANCEL, acts.ASK)

    def is_done(self, job: Job) -> bool:
        return job.state == JobState.CANCELLED or _is_stopping(job)


class RetryView(ActView):
    POST = Operation(
        name="retry_job",
        summary="Let a failed or cancelled job run again, with all attempts",
        answers={200: JobWhole},
        refuses=(HTTPStatus.CONFLICT,),
        needs=(finding.OPERATE,),
    )
    acts = (acts.RETRY,)


def _is_stopping(job: Job) -> bool:
    return job.state == JobState.RUNNING and job.cancel_requested_at is not None


def _callable(name: str, *, user: Any) -> Task[Any, Any]:
    known = signatures.callable_tasks()
    if name not in known:
        # As the document, it tells users of what they may call.
        told = [each for each, task in known.items() if user.has_perm(_permission(task))]
        meant = did_you_mean(name, told) if told else ""
        raise Http404(f"No task {name!r:.200} is callable over HTTP.{meant}")
    return known[name]


def _permission(task: Task[Any, Any]) -> str:
    return CREATE if task.http is True else str(task.http)


def _operation(operation: Operation, task: Task[Any, Any]) -> Operation:
    """Return what the document says of one task."""
    told = inspect.getdoc(task.func) or ""
    return replace(
        operation,
        name=f"create_job_{task.name}",
        summary=f"Store a job of {task.name}",
        description=f"{told}\n\nNeeds the permission `{_permission(task)}`.".strip(),
        takes=signatures.takes(task).shape,
    )


def _call(task: Task[Any, Any], said: Any, *, user: Any) -> Call:
    args, kwargs = signatures.call_of(task, said)
    when = shapes.moment_or_delay(said.when)
    options = {"label": said.label, "expires_at": said.expires_at}
    given = {name: value for name, value in options.items() if value}
    return Call(task, args, kwargs, when=when, creator=user, **{**task.options, **given})


def _once(
    key: keys.Key | None, backend: ServedBackend, call: Call, *, new_id: UUID
) -> tuple[UUID, bool]:
    """Store the call, unless that was done for the key; return its job, and whether it was."""

    def store(job_id: UUID) -> UUID:
        result = background.on(backend.alias).enqueue_many([replace(call, id=job_id)])[0]
        return result.id or job_id

    alias = backend.database
    if alias is None and is_durable(backend, call):
        alias = conf.get("OUTBOX_DATABASE")
    if alias is not None:
        return keys.once(key, alias=alias, act=lambda: store(new_id))
    # No transaction covers both stores. The id is written down first, and a job is stored under
    # one id only once: whoever repeats the request repeats this, too.
    home = router.db_for_write(AnsweredKey)
    job_id, was_before = keys.once(key, alias=home, act=lambda: new_id)
    return store(job_id), was_before


def _receipt(job_id: UUID, task: Task[Any, Any], backend: ServedBackend, *, user: Any) -> Receipt:
    found = backend.questions.rows(backend.place, [job_id])
    if not found:  # pruned, or on its way: in an outbox, or sent when the transaction commits
        return Receipt(id=job_id, task=task.name, state=UNKNOWN)
    if not finding.may_see(user, found[0]):
        raise Refused(
            HTTPStatus.CONFLICT, "A job of somebody else has the key of this task until it ends."
        )
    return Receipt.model_validate(found[0])


def _whole(job: Job, user: Any) -> JobWhole:
    told = JobWhole.model_validate(job)
    if not finding.may_view(user):
        for error in told.errors:
            error.traceback = None
    return told.model_copy(update=masking.shown(job.task, job.args, job.kwargs))
