"""What a verb must be told before it is done."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.html import escape
from django.utils.translation import gettext_lazy as _

from scheduler.admin.forms import words
from scheduler.admin.forms.fields import JSONField, MomentField
from scheduler.models import Schedule
from tasks_core import limits
from tasks_core.exceptions import JobError


class VerbForm(forms.Form):
    """Why it is done; some verbs ask for more."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=255,
        required=False,
        help_text=words.REASON,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    field_order: Any = None

    def __init__(self, data: Any = None, *, row: Schedule | None = None) -> None:
        super().__init__(data)
        self.row = row


class PauseForm(VerbForm):
    until = MomentField(label=_("Until"), required=False, help_text=words.PAUSE_UNTIL)


class PauseEndForm(PauseForm):
    def __init__(self, data: Any = None, *, row: Schedule | None = None) -> None:
        super().__init__(data, row=row)
        self.fields["until"].required = True
        self.fields["until"].help_text = words.PAUSE_END
        self.fields["until"].initial = row and row.paused_until


class ResumeForm(VerbForm):
    catch_up = forms.ChoiceField(
        label=_("What was due meanwhile"),
        choices=words.RESUME_CHOICES,
        initial="drop",
        widget=forms.RadioSelect,
    )
    field_order = ["catch_up", "reason"]


class RunForm(VerbForm):
    args = JSONField(
        of=list,
        example='["a", 7]',
        label=_("Arguments"),
        required=False,
    )
    kwargs = JSONField(
        of=dict,
        example='{"keep": 7}',
        label=_("Keyword arguments"),
        required=False,
    )
    field_order = ["args", "kwargs", "reason"]

    def __init__(self, data: Any = None, *, row: Schedule | None = None) -> None:
        super().__init__(data, row=row)
        for name in ("args", "kwargs"):
            if row is None:  # of many schedules, each has its own
                del self.fields[name]
            else:
                own = getattr(row, f"{name}_from") or json.dumps(getattr(row, name))
                self.fields[name].help_text = escape(words.RUN_ARGUMENTS % own)


class RestoreForm(VerbForm):
    def __init__(self, data: Any = None, *, row: Schedule | None = None) -> None:
        super().__init__(data, row=row)
        self.fields["reason"].required = True


class BackfillForm(VerbForm):
    since = MomentField(label=_("After"), help_text=words.SINCE)
    until = MomentField(label=_("Until"), help_text=words.UNTIL)
    limit = forms.IntegerField(
        label=_("At most"), min_value=1, required=False, help_text=words.LIMIT
    )
    rate = forms.CharField(label=_("Rate"), max_length=20, required=False, help_text=words.RATE)
    again = forms.BooleanField(label=_("Again"), required=False, help_text=words.AGAIN)
    ignore_calendar = forms.BooleanField(label=_("Also what the calendar excludes"), required=False)
    field_order = ["since", "until", "limit", "rate", "again", "ignore_calendar", "reason"]

    def clean_rate(self) -> str | None:
        rate: str = self.cleaned_data["rate"]
        try:
            if rate:
                limits.spacing(rate)
        except JobError as error:
            raise ValidationError(str(error), "invalid") from None
        return rate or None


class MaintenanceForm(VerbForm):
    until = MomentField(label=_("Until"), required=False, help_text=words.MAINTENANCE_UNTIL)
    field_order = ["reason", "until"]

    def __init__(self, data: Any = None, *, row: Schedule | None = None) -> None:
        super().__init__(data, row=row)
        self.fields["reason"].required = True
