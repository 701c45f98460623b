"""The limits: how full each is, and how many wait for it."""

from typing import Any

from django.contrib import admin
from django.db import DEFAULT_DB_ALIAS
from django.db.models import Q
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from tasks_core import clock
from tasks_core.admin import drawing
from tasks_core.admin.rows import ReadOnlyAdmin
from tasks_core.backends.database.questions import indexed
from tasks_core.backends.database.questions.stuck import admitted
from tasks_core.models import Job, JobQuerySet, Limit
from tasks_core.presentation import duration
from tasks_core.states import JobState


@admin.register(Limit)
class LimitAdmin(ReadOnlyAdmin):
    list_display = ("key", "rule", "full", "waiting", "next")
    list_per_page = 25  # each asks for its jobs
    search_fields = ("key",)
    ordering = ("key",)
    readonly_fields = ("rule", "full", "waiting", "next")
    fieldsets = ((None, {"fields": ("key", *readonly_fields)}),)

    def get_list_display_links(self, request: HttpRequest, list_display: Any) -> Any:
        return None  # the list says it all

    @admin.display(description=_("limit"))
    def rule(self, limit: Limit) -> str:
        told = []
        if limit.permits is not None:
            told.append(_("at most %d at once") % limit.permits)
        if limit.spacing is not None:
            told.append(_("one every %s") % duration(limit.spacing.total_seconds()))
        return ", ".join(map(str, told)) or drawing.NOTHING

    @admin.display(description=_("in use"))
    def full(self, limit: Limit) -> SafeString | str:
        if not limit.permits:
            return drawing.NOTHING
        used = admitted(limit._state.db or DEFAULT_DB_ALIAS, limit.key)
        return format_html(
            '<progress class="job-progress" max="{}" value="{}"></progress> {}',
            limit.permits,
            used,
            _("%(used)d of %(all)d") % {"used": used, "all": limit.permits},
        )

    @admin.display(description=_("waiting"))
    def waiting(self, limit: Limit) -> str:
        count = indexed.counted(parked_for(limit))
        return f"{count}+" if count >= indexed.COUNTED else str(count)

    @admin.display(description=_("next not before"))
    def next(self, limit: Limit) -> SafeString | str:
        if limit.next_at is None or limit.next_at <= clock.now():
            return drawing.NOTHING
        return drawing.instant(limit.next_at)


def parked_for(limit: Limit) -> JobQuerySet:
    jobs = Job.objects.using(limit._state.db).in_state(JobState.READY).filter(parked__in=[True])
    return jobs.filter(Q(concurrency_key=limit.key) | Q(rate_key=limit.key)).order_by()
