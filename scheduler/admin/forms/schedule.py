"""A schedule of the database: what people fill in is what ``operations.create`` is told."""

from __future__ import annotations

from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from scheduler import conf
from scheduler.admin.forms import choices, entry, words
from scheduler.admin.forms.fields import JSONField, MomentField, SpanField
from scheduler.admin.forms.searching import Searching
from scheduler.admin.forms.when import WhenForm
from scheduler.choices import CalendarAction, CatchUp, Overlap
from scheduler.definitions import policies
from scheduler.definitions.trial import try_call
from scheduler.models import Schedule
from scheduler.operations.entries import in_database
from tasks_core import Call, registry
from tasks_core.options import MAX_PRIORITY, MIN_PRIORITY, queue_name


class ScheduleForm(WhenForm):
    key = forms.CharField(label=_("Key"), max_length=255, help_text=words.KEY)
    task = forms.ChoiceField(label=_("Task"), help_text=words.TASK, widget=Searching)
    args = JSONField(
        of=list, example='["a", 7]', label=_("Arguments"), required=False, help_text=words.ARGS
    )
    kwargs = JSONField(
        of=dict,
        example='{"keep": 7}',
        label=_("Keyword arguments"),
        required=False,
        help_text=words.KWARGS,
    )
    catch_up = forms.ChoiceField(
        label=_("Catch up"), choices=CatchUp, initial=conf.CATCH_UP, help_text=words.CATCH_UP
    )
    catch_up_limit = forms.IntegerField(
        label=_("At most"),
        initial=conf.CATCH_UP_LIMIT,
        min_value=1,
        max_value=policies.MAX_LIMIT,
        required=False,
        help_text=words.CATCH_UP_LIMIT,
    )
    catch_up_window = SpanField(
        label=_("No older than"), required=False, help_text=words.CATCH_UP_WINDOW
    )
    overlap = forms.ChoiceField(
        label=_("Overlap"), choices=Overlap, initial=conf.OVERLAP, help_text=words.OVERLAP
    )
    overlap_timeout = SpanField(
        label=_("Overlap timeout"),
        initial=conf.OVERLAP_TIMEOUT,
        required=False,
        help_text=words.OVERLAP_TIMEOUT,
    )
    splay = SpanField(label=_("Splay"), required=False, help_text=words.SPLAY)
    start_at = MomentField(label=_("Starts"), required=False, help_text=words.START_AT)
    end_at = MomentField(label=_("Ends"), required=False, help_text=words.END_AT)
    max_runs = forms.IntegerField(
        label=_("Most runs"),
        min_value=1,
        max_value=policies.MAX_RUNS,
        required=False,
        help_text=words.MAX_RUNS,
    )
    calendar = forms.ChoiceField(label=_("Calendar"), required=False, help_text=words.CALENDAR)
    calendar_action = forms.ChoiceField(
        label=_("When excluded"),
        choices=CalendarAction,
        required=False,
        help_text=words.CALENDAR_ACTION,
    )
    queue = forms.ChoiceField(label=_("Queue"), required=False, help_text=words.QUEUE)
    new_queue = forms.CharField(
        label=_("Name of the queue"), max_length=64, required=False, help_text=words.NEW_QUEUE
    )
    backend = forms.ChoiceField(label=_("Backend"), required=False, help_text=words.BACKEND)
    priority = forms.IntegerField(
        label=_("Priority"),
        min_value=MIN_PRIORITY,
        max_value=MAX_PRIORITY,
        required=False,
        help_text=words.PRIORITY,
    )
    max_attempts = forms.IntegerField(
        label=_("Most attempts"), min_value=1, required=False, help_text=words.MAX_ATTEMPTS
    )
    must_succeed_within = SpanField(
        label=_("Must succeed within"), required=False, help_text=words.FRESHNESS
    )
    enabled = forms.BooleanField(
        label=_("Enabled"), initial=True, required=False, help_text=words.ENABLED
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=255, required=False, help_text=words.REASON
    )

    class Meta:
        model = Schedule
        fields = ()

    shape_is_kept = False
    known_task: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row: Schedule | None = kwargs.get("instance")
        if row is not None:
            stored = {name: getattr(row, name) for name in entry.FIELDS}
            kwargs["initial"] = {**stored, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        self._offer("task", [("", "---------"), *choices.task_pairs(beside=self._kept("task"))])
        self._offer("queue", [("", str(words.AS_THE_TASK)), *choices.queue_pairs()])
        self._offer("backend", [("", str(words.AS_THE_TASK)), *choices.backend_pairs()])
        self._offer("calendar", [("", gettext("None")), *choices.calendar_pairs()])
        self.fields["new_queue"].widget.attrs["data-of"] = choices.OTHER

    def is_valid(self) -> bool:
        """Say whether to save it; who asks for a preview wants no more than to see."""
        return super().is_valid() and "_preview" not in self.data

    def _kept(self, name: str) -> str:
        return str(getattr(self.instance, name) or "") if self.instance.task else ""

    def _offer(self, name: str, pairs: choices.Pairs) -> None:
        """Offer what there is; and what the schedule has, which may be gone elsewhere."""
        kept = self._kept(name)
        known = {value for value, _label in pairs}
        more = [(kept, kept)] if kept and kept not in known else []
        self.fields[name].choices = [*more, *pairs]  # type: ignore[attr-defined]

    def clean_key(self) -> str:
        key: str = self.cleaned_data["key"]
        taken = Schedule.objects.using(conf.database()).filter(pk=key, retired_at=None)
        if taken.exists():
            raise ValidationError(_("There is a schedule with this key already."), "taken")
        return key

    def clean_args(self) -> list[Any]:
        return self.cleaned_data["args"] or []

    def clean_kwargs(self) -> dict[str, Any]:
        return self.cleaned_data["kwargs"] or {}

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name in policies.CHECKS:
            if cleaned.get(name) not in (None, "") and name not in self.errors:
                self._try(name, partial(policies.CHECKS[name], name, cleaned[name]))
        if cleaned.get("queue") == choices.OTHER:
            self._try("new_queue", lambda: queue_name(cleaned.get("new_queue", "")))
        if cleaned.get("task"):
            self.known_task = registry.resolve(cleaned["task"])
        if cleaned.get("task") and not {"args", "kwargs"}.intersection(self.errors):
            self._bind()
        if not self.errors:
            self._try(None, lambda: in_database(self.schedule_key, self.options))
        return cleaned

    def _bind(self) -> None:
        """Say beside the arguments what is wrong with them."""
        args, kwargs = self.cleaned_data["args"], self.cleaned_data["kwargs"]
        self._try("args", Call(self.known_task, args).checked)
        self._try("kwargs", Call(self.known_task, (), kwargs).checked)
        if not {"args", "kwargs", "backend"}.intersection(self.errors):
            field = "kwargs" if kwargs else "args"
            backend = self.cleaned_data.get("backend") or self.known_task.backend
            call = Call(self.known_task, args, kwargs)
            self._try(field, lambda: try_call(call, backend=backend))

    @property
    def schedule_key(self) -> str:
        return str(self.cleaned_data.get("key") or self.instance.key)

    @property
    def options(self) -> dict[str, Any]:
        """Return the whole entry, with what was left empty as it usually is."""
        is_kept = self.instance.trigger and not self.is_rescheduled
        when = {"trigger": self.instance.trigger} if is_kept else self.when()
        return {**entry.stated(self.cleaned_data, self.known_task), **when}

    @property
    def changed_options(self) -> dict[str, Any]:
        """Return the part of the entry that is to be changed."""
        stated = entry.stated(self.cleaned_data, self.known_task)
        changed = entry.changed(stated, set(self.changed_data))
        return {**changed, **(self.when() if self.is_rescheduled else {})}
