"""The page of an override: fields of a trigger with a live preview, arguments, and why."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.views.decorators.http import require_POST

from scheduler import operations
from scheduler.admin import previews
from scheduler.admin.forms.kinds import WHEN
from scheduler.admin.forms.override import OverrideForm
from scheduler.admin.rows import schedule_address
from scheduler.admin.verbs import told
from scheduler.admin.verbs.page import REFUSALS, asked, row_for
from scheduler.admin.verbs.verb import Verb
from scheduler.choices import Source
from scheduler.definitions.overrides import OVERRIDABLE

FIELDSETS = [
    (_lazy("When"), {"fields": WHEN, "classes": ["ts-when"]}),
    (_lazy("With what"), {"fields": ("args", "kwargs")}),
    (None, {"fields": ("reason",)}),
]
OVERRIDE = Verb(
    name="override",
    title=_lazy("Override"),
    told=told.OVERRIDE,
    act=lambda key, user, said: None,
    fits=lambda row, now: row.source != Source.DATABASE and row.retired_at is None,
    is_for_many=False,
)


def page(admin: Any, request: Any, object_id: str) -> HttpResponse:
    """Show or take the page of an override."""
    row, refusal = row_for(admin, request, object_id, verb=OVERRIDE)
    if refusal is not None:
        return refusal
    form = OverrideForm(request.POST if request.method == "POST" else None, instance=row)
    if form.is_bound and form.is_valid() and "_preview" not in request.POST:
        try:
            options, reason = form.changed_options, form.cleaned_data["reason"]
            operations.override(row.pk, user=request.user, reason=reason, **options)
        except REFUSALS as error:
            form.add_error(None, str(error))
        else:
            admin.message_user(request, _("%s is overridden. A deploy keeps it.") % row.pk)
            return HttpResponseRedirect(schedule_address(row.pk))
    more = {
        "row": row,
        "back": schedule_address(row.pk),
        "preview": previews.of_form(form),
        "preview_url": schedule_address(row.pk, "override_preview"),
    }
    return asked(admin, request, verb=OVERRIDE, form=form, fieldsets=FIELDSETS, **more)


@method_decorator(require_POST)
def live(admin: Any, request: HttpRequest, object_id: str) -> HttpResponse:
    """Answer what would come of the fields as they are now."""
    row, refusal = row_for(admin, request, object_id, verb=OVERRIDE)
    if refusal is not None:
        return JsonResponse({"errors": {}, "html": ""})
    return previews.live(request, OverrideForm(request.POST, instance=row))


def compared(row: Any) -> list[dict[str, Any]]:
    """Return what is overridden: declared, and in force."""
    declared = row.declared or {}
    return [
        {"name": row._meta.get_field(name).verbose_name, "declared": declared[name], "now": value}
        for name, value in (row.override or {}).items()
        if name in OVERRIDABLE and declared.get(name, value) != value
    ]
