"""Maintenance in the admin: a list of when, and a button to begin or to end it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path, reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduler import operations
from scheduler.admin.forms.verbs import MaintenanceForm, VerbForm
from scheduler.admin.rows import ReadOnlyAdmin, moment
from scheduler.admin.verbs import told
from scheduler.admin.verbs.page import REFUSALS, asked
from scheduler.admin.verbs.verb import Said, Verb
from scheduler.models import Maintenance
from scheduler.operations.maintenance import current_maintenance

LIST = "admin:tasks_scheduler_maintenance_changelist"


def _begin(key: str, user: Any, said: Said) -> Any:
    until = said["until"] or None
    if operations.begin_maintenance(user=user, reason=said["reason"], until=until):
        return gettext("Maintenance has begun: nothing that is due becomes a job.")
    return ""


def _end(key: str, user: Any, said: Said) -> Any:
    if operations.end_maintenance(user=user, reason=said["reason"]):
        return gettext("Maintenance has ended.")
    return ""


BEGIN = Verb(
    name="begin",
    title=_("Begin maintenance"),
    told=told.BEGIN,
    form=MaintenanceForm,
    act=_begin,
    fits=lambda row, now: True,
    is_grave=True,
)
END = Verb(
    name="end",
    title=_("End maintenance"),
    told=told.END,
    form=VerbForm,
    act=_end,
    fits=lambda row, now: True,
)


@admin.register(Maintenance)
class MaintenanceAdmin(ReadOnlyAdmin):
    list_display = ("began", "ended", "by", "reason")
    sortable_by = ()
    change_list_template = "tasks_scheduler/admin/maintenance_list.html"

    def has_operate_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("tasks_scheduler.change_maintenance"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) or self.has_operate_permission(request)

    @admin.display(description=_("began"))
    def began(self, row: Maintenance) -> SafeString | str:
        return moment(row.began_at)

    @admin.display(description=_("ended"))
    def ended(self, row: Maintenance) -> SafeString | str:
        return moment(row.ended_at)

    def get_urls(self) -> list[Any]:
        pages = [
            path(
                f"{verb.name}/",
                self.admin_site.admin_view(partial(self.page, verb=verb)),
                name=f"tasks_scheduler_maintenance_{verb.name}",
            )
            for verb in (BEGIN, END)
        ]
        return [*pages, *super().get_urls()]

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        more = {
            "maintenance": current_maintenance(),
            "may_operate": self.has_operate_permission(request),
        }
        return super().changelist_view(request, {**more, **(extra_context or {})})

    def page(self, request: HttpRequest, *, verb: Verb) -> HttpResponse:
        """Show or take the page that begins or ends a maintenance."""
        if not self.has_operate_permission(request):
            raise PermissionDenied
        form = verb.form(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            try:
                done = verb.act("", request.user, form.cleaned_data)
            except REFUSALS as error:
                form.add_error(None, str(error))
            else:
                level = messages.SUCCESS if done else messages.WARNING
                self.message_user(request, done or gettext("There was nothing to do."), level)
                return HttpResponseRedirect(reverse(LIST))
        return asked(self, request, verb=verb, form=form, back=reverse(LIST))
