"""Another trigger or other arguments than the code declares, and why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scheduler.admin.forms import words
from scheduler.admin.forms.fields import JSONField
from scheduler.admin.forms.when import WhenForm
from scheduler.definitions.trial import try_call
from scheduler.models import Schedule
from scheduler.turn.rebuild import task_of
from tasks_core import Call


class OverrideForm(WhenForm):
    """What is left as it is stays as the code declares it."""

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
    reason = forms.CharField(label=_("Reason"), max_length=255, help_text=words.OVERRIDE_REASON)

    class Meta:
        model = Schedule
        fields = ()

    shape_is_kept = True
    known_task: Any = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row = kwargs["instance"]
        stored = {"args": row.args, "kwargs": row.kwargs}
        kwargs["initial"] = {**stored, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        for name in ("args", "kwargs"):
            if path := getattr(row, f"{name}_from"):
                self.fields[name].help_text = words.COMPUTED % path

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not {"args", "kwargs"}.intersection(self.errors):
            self._bind()
        if not self.errors and not self.changed_options:
            self.add_error(None, ValidationError(words.NOTHING_DIFFERS, "unchanged"))
        return cleaned

    def _bind(self) -> None:
        row, said = self.instance, self.cleaned_data
        if (row.args_from or row.kwargs_from) and not {"args", "kwargs"} & set(self.changed_data):
            return
        args, kwargs = said["args"] or [], said["kwargs"] or {}
        field = "kwargs" if kwargs else "args"
        self._try(field, lambda: try_call(Call(task_of(row), args, kwargs), backend=row.backend))

    @property
    def changed_options(self) -> dict[str, Any]:
        """Return what is to be otherwise, as ``operations.override`` takes it."""
        told: dict[str, Any] = self.when() if self.is_rescheduled else {}
        for name, empty in (("args", []), ("kwargs", {})):
            if name in self.changed_data:
                told[name] = self.cleaned_data[name] or empty
        return told
