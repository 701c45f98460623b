"""The jobs: what each is, how far it has come, and what may be done about it."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from tasks_core import clock, masking
from tasks_core.admin import acts, drawing, elsewhere, page
from tasks_core.admin.acts import Act
from tasks_core.admin.filters import QueueFilter, StateFilter, TaskFilter, ordering
from tasks_core.admin.rows import BACKEND, ReadOnlyAdmin, chosen
from tasks_core.models import Job
from tasks_core.presentation import duration
from tasks_core.states import FINAL, JobState


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin):
    list_display = ("what", "situation", "where", "tries", "when", "took")
    list_filter = (StateFilter, QueueFilter, TaskFilter, "run_after")
    list_per_page = 50
    search_fields = ("task", "label", "creator")
    search_help_text = _("An id, or a part of the task, the label or the creator")
    actions = ("retry", "cancel", "delete")
    readonly_fields = (
        "badge",
        "progress",
        "life",
        "tries",
        "arguments",
        "result",
        "attempts_that_raised",
        "moments",
        "about",
    )

    def get_fieldsets(self, request: HttpRequest, obj: Job | None = None) -> Any:
        return page.parts(obj)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.elsewhere_view)
        return [path("in/<str:alias>/", view, name=elsewhere.NAME), *super().get_urls()]

    def elsewhere_view(self, request: HttpRequest, alias: str) -> HttpResponse:
        """Show the jobs of a backend that no database has."""
        return elsewhere.page(self, request, alias)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        alias = request.GET.get(BACKEND) or elsewhere.only()
        if alias not in elsewhere.backends():
            return super().changelist_view(request, extra_context)
        return HttpResponseRedirect(elsewhere.url(alias, request.GET))

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        found = super().get_object(request, object_id, from_field)
        return elsewhere.find(request, object_id) if found is None else found

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ordering(request)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find a job by its id at once, and by words only where it must look at every row."""
        try:
            return queryset.filter(pk=UUID(search_term)), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may act on jobs, which is more than to view them."""
        return bool(request.user.has_perm("tasks_core.change_job"))

    def has_remove_permission(self, request: HttpRequest) -> bool:
        """Say whether the user may delete jobs, by the action that leaves running ones alone."""
        return bool(request.user.has_perm("tasks_core.delete_job"))

    @admin.display(description=_("job"), ordering="task")
    def what(self, job: Job) -> SafeString | str:
        if not job.label:
            return job.task
        return format_html('{} <small class="job-under">{}</small>', job.label, job.task)

    @admin.display(description=_("state"))
    def badge(self, job: Job) -> SafeString:
        return drawing.state(job)

    @admin.display(description=_("progress"))
    def progress(self, job: Job) -> SafeString | str:
        return drawing.bar(job)

    @admin.display(description=_("state"))
    def situation(self, job: Job) -> SafeString:
        """Return state and progress in one cell: a list has little room beside its filters."""
        bar = "" if job.progress_done is None or job.state in FINAL else drawing.bar(job)
        return format_html("{}<div>{}</div>", drawing.state(job), bar)

    @admin.display(description=_("queue"), ordering="queue")
    def where(self, job: Job) -> SafeString | str:
        if not job.priority:
            return str(job.queue)
        priority = gettext("priority %d") % job.priority
        return format_html('{} <small class="job-under">{}</small>', job.queue, priority)

    @admin.display(description=_("its life"))
    def life(self, job: Job) -> SafeString:
        return drawing.life(job)

    @admin.display(description=_("moments"))
    def moments(self, job: Job) -> SafeString:
        return drawing.moments(job)

    @admin.display(description=_("attempts"))
    def tries(self, job: Job) -> str:
        return f"{job.attempts} / {job.max_attempts}"

    @admin.display(description=_("when"))
    def when(self, job: Job) -> SafeString | str:
        """Return the instant that matters in the job's state."""
        if job.state in FINAL:
            return drawing.instant(job.finished_at)
        is_running = job.state == JobState.RUNNING
        return drawing.instant((job.started_at or job.claimed_at) if is_running else job.run_after)

    @admin.display(description=_("took"))
    def took(self, job: Job) -> SafeString | str:
        end = clock.now() if job.state == JobState.RUNNING else job.finished_at
        if job.started_at is None or end is None:
            return drawing.NOTHING
        told = duration((end - job.started_at).total_seconds())
        return format_html('<span class="job-when">{}</span>', told)

    @admin.display(description=_("arguments"))
    def arguments(self, job: Job) -> SafeString:
        return drawing.pretty(masking.shown(job.task, job.args, job.kwargs))

    @admin.display(description=_("return value"))
    def result(self, job: Job) -> SafeString:
        return drawing.pretty(job.return_value)

    @admin.display(description=_("context"))
    def about(self, job: Job) -> SafeString:
        return drawing.pretty(job.context)

    @admin.display(description=_("errors"))
    def attempts_that_raised(self, job: Job) -> SafeString | str:
        traces = (
            f"attempt {each['attempt']}, {each['at']}\n{each['traceback']}" for each in job.errors
        )
        return format_html("<pre>{}</pre>", "\n".join(traces)) if job.errors else drawing.NOTHING

    @admin.action(description=_("Retry: run again with all attempts"), permissions=["operate"])
    def retry(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._act(request, jobs, acts.RETRY)

    @admin.action(description=_("Cancel: never run, or stop what runs"), permissions=["operate"])
    def cancel(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._act(request, jobs, acts.CANCEL, acts.ASK)

    @admin.action(description=_("Delete, unless running"), permissions=["remove"])
    def delete(self, request: HttpRequest, jobs: QuerySet[Job]) -> None:
        self._act(request, jobs, acts.DELETE)

    def _act(self, request: HttpRequest, jobs: QuerySet[Job], *done: Act) -> None:
        ids = list(jobs.order_by().values_list("pk", flat=True))
        acts.tell(request, chosen(request), ids, acts=done)
