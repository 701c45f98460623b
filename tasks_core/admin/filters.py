"""What the list of jobs can be narrowed to. None of the choices costs a look at every row."""

from typing import Any

from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from tasks_core import registry
from tasks_core.admin.rows import chosen
from tasks_core.backends.database.questions import indexed, statistics
from tasks_core.models import Limit
from tasks_core.options import DEFAULT_QUEUE
from tasks_core.states import JobState

SEEN = 500  # ended jobs whose tasks are offered
PARKED = "parked"


class StateFilter(admin.SimpleListFilter):
    """The six states, and those ready jobs apart that wait for a limit."""

    title = _("state")
    parameter_name = "state__exact"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        found: list[tuple[str, Any]] = [(state.value, state.label) for state in JobState]
        return [*found[:2], (PARKED, _("Parked by a limit")), *found[2:]]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        # With the conditions of the partial indexes, which would not serve otherwise.
        match self.value():
            case "ready":
                return queryset.claimable()
            case "parked":
                keys = Limit.objects.using(queryset.db).values("key")
                held = queryset.in_state(JobState.READY).filter(parked__in=[True])
                return held.filter(Q(concurrency_key__in=keys) | Q(rate_key__in=keys))
            case "running":
                return queryset.in_state(JobState.RUNNING).filter(claimed_by__isnull=False)
            case "scheduled":
                return queryset.in_state(JobState.SCHEDULED)
            case "successful" | "failed" | "cancelled" as state:
                return queryset.in_state(JobState(state)).filter(finished_at__isnull=False)
            case _:
                return queryset


class KnownFilter(admin.SimpleListFilter):
    """Equal to one of the values that are known without a look at every row."""

    parameter_name = ""

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        return queryset if value is None else queryset.filter(**{self.parameter_name: value})

    def _with_own(self, request: HttpRequest, known: set[str]) -> list[tuple[str, str]]:
        asked = request.GET.get(self.parameter_name)
        return [(name, name) for name in sorted(known | ({asked} if asked else set()))]


class QueueFilter(KnownFilter):
    """Queues with unfinished jobs, and those that tasks declare."""

    title = _("queue")
    parameter_name = "queue"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = indexed.queue_names(chosen(request).database)
        declared = {task.options.get("queue") for task in registry.declared().values()}
        return self._with_own(
            request, found | {DEFAULT_QUEUE} | {name for name in declared if name}
        )


class TaskFilter(KnownFilter):
    """Declared tasks, and those that ended last."""

    title = _("task")
    parameter_name = "task"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        ends = statistics.newest_ends(chosen(request).database, limit=SEEN)
        return self._with_own(request, {*registry.declared(), *(end.task for end in ends)})


def ordering(request: HttpRequest) -> tuple[str, ...]:
    """Return the order of the index that answers, which is also the one that matters."""
    return {
        "scheduled": ("run_after",),
        "ready": ("-priority", "run_after"),
        PARKED: ("-priority", "run_after"),
        "running": ("-started_at",),
        "successful": ("-finished_at",),
        "failed": ("-finished_at",),
        "cancelled": ("-finished_at",),
    }.get(request.GET.get(StateFilter.parameter_name, ""), ("-id",))  # ids grow with time
