"""Jobs and processes as people see them: facts are read-only, verbs are actions."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.admin.models import CHANGE, DELETION
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from tasks_core import clock, job_backends
from tasks_core.backends.database import DatabaseBackend
from tasks_core.history import note
from tasks_core.models import Job, Process
from tasks_core.states import JobState

WAITING = (JobState.SCHEDULED, JobState.READY)
ENDED = (JobState.FAILED, JobState.CANCELLED)
IDLE = tuple(state for state in JobState if state != JobState.RUNNING)


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows that only the package writes, in the database of the first database backend."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).using(_backend().database)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = (
        "what",
        "badge",
        "queue",
        "priority",
        "tries",
        "run_after",
        "took",
        "claimed_by",
    )
    list_filter = ("state", "queue", "task", "run_after")
    list_select_related = ("claimed_by",)
    search_fields = ("id", "task", "label", "creator")
    actions = ("retry", "cancel", "delete")
    exclude = ("args", "kwargs", "return_value", "errors", "context", "state", "timeout")
    readonly_fields = ("badge", "arguments", "result", "attempts_that_raised", "about")
    show_full_result_count = False  # counting millions of rows is slower than showing a page

    class Media:
        css = {"all": ("tasks_core/admin.css",)}

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may act on jobs, which is more than to view them."""
        return bool(request.user.has_perm("tasks_core.change_job"))

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may delete jobs, by the action that leaves running ones alone."""
        return bool(request.user.has_perm("tasks_core.delete_job"))

    @admin.display(description=_("job"), ordering="task")
    def what(self, job: Job) -> str:
        return job.label or job.task

    @admin.display(description=_("state"), ordering="state")
    def badge(self, job: Job) -> str:
        text = (
            f"{job.get_state_display()} ({job.reason})" if job.reason else job.get_state_display()
        )
        return format_html('<span class="job-state job-state-{}">{}</span>', job.state, text)

    @admin.display(description=_("attempts"), ordering="attempts")
    def tries(self, job: Job) -> str:
        return f"{job.attempts} / {job.max_attempts}"

    @admin.display(description=_("took"))
    def took(self, job: Job) -> str:
        if job.started_at is None or job.finished_at is None:
            return "-"
        return f"{(job.finished_at - job.started_at).total_seconds():.2f} s"

    @admin.display(description=_("arguments"))
    def arguments(self, job: Job) -> str:
        return _pretty({"args": job.args, "kwargs": job.kwargs})

    @admin.display(description=_("return value"))
    def result(self, job: Job) -> str:
        return _pretty(job.return_value)

    @admin.display(description=_("context"))
    def about(self, job: Job) -> str:
        return _pretty(job.context)

    @admin.display(description=_("errors"))
    def attempts_that_raised(self, job: Job) -> str:
        traces = (
            f"attempt {each['attempt']}, {each['at']}\n{each['traceback']}" for each in job.errors
        )
        return format_html("<pre>{}</pre>", "\n".join(traces)) if job.errors else "-"

    @admin.action(description=_("Retry: run again with all attempts"), permissions=["operate"])
    def retry(self, request: HttpRequest, chosen: QuerySet[Job]) -> None:
        self._act(request, chosen, Act(DatabaseBackend.retry, ENDED, _("made ready")))

    @admin.action(description=_("Cancel: never run"), permissions=["operate"])
    def cancel(self, request: HttpRequest, chosen: QuerySet[Job]) -> None:
        self._act(request, chosen, Act(DatabaseBackend.cancel, WAITING, _("cancelled")))

    @admin.action(description=_("Delete, unless running"), permissions=["remove"])
    def delete(self, request: HttpRequest, chosen: QuerySet[Job]) -> None:
        act = Act(DatabaseBackend.delete, IDLE, _("deleted"), flag=DELETION)
        self._act(request, chosen, act)

    def _act(self, request: HttpRequest, chosen: QuerySet[Job], act: "Act") -> None:
        ids = list(chosen.values_list("pk", flat=True))
        count = act.on(ids, user=request.user)
        told = ngettext("%(count)d of %(all)d job", "%(count)d of %(all)d jobs", len(ids))
        text = f"{told % {'count': count, 'all': len(ids)}} {act.done}."
        messages.add_message(
            request, messages.SUCCESS if count == len(ids) else messages.WARNING, text
        )


@dataclass(frozen=True)
class Act:
    """What a person does to jobs in certain states, and its note in their history."""

    verb: Callable[..., int]
    states: Sequence[JobState]
    done: Any
    flag: int = CHANGE

    def on(self, ids: Sequence[UUID], *, user: Any) -> int:
        backend = _backend()
        jobs = Job.objects.using(backend.database).filter(pk__in=ids, state__in=self.states)
        # Locked, so that the history tells of exactly those to which it was done.
        with transaction.atomic(using=backend.database):
            mine = list(jobs.select_for_update().only("label", "task", "state"))
            count = self.verb(backend, [job.pk for job in mine])
        note(mine, str(self.done), user=user, flag=self.flag)
        return count


@admin.register(Process)
class ProcessAdmin(ReadOnlyAdmin):
    list_display = ("name", "kind", "alive", "backend", "queues", "concurrency", "started_at")
    list_filter = ("kind", "stopped_at")
    readonly_fields = ("alive",)

    @admin.display(description=_("alive"), boolean=True)
    def alive(self, process: Process) -> bool:
        return process.stopped_at is None and process.lease_expires_at > clock.now()


def _pretty(value: Any) -> str:
    return format_html("<pre>{}</pre>", json.dumps(value, indent=2, ensure_ascii=False))


def _backend() -> DatabaseBackend:
    """Return the first database backend of JOBS; the default database's if there is none."""
    for alias in job_backends:
        backend = job_backends[alias]
        if isinstance(backend, DatabaseBackend):
            return backend
    return DatabaseBackend({})
