"""The rules of a calendar as fields that people fill in, and back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext_lazy as _

from scheduler import calendars
from scheduler.admin.forms import choices, words
from scheduler.admin.forms.fields import Suggesting
from scheduler.admin.forms.when import WEEKDAYS
from scheduler.exceptions import SchedulerError
from scheduler.models import Calendar
from scheduler.operations.calendar import refuse_calendar

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Calendar]
else:
    ModelForm = forms.ModelForm

TO = " to "
_BETWEEN = re.compile(r"\s+(?:to|until|bis|\.\.|[-\u2013\u2014])\s+|\s*\.\.\s*", re.IGNORECASE)
_LINES = {"rows": 4, "class": "ts-code"}
LONGEST = 100_000  # characters
LISTS = ("dates", "ranges", "windows")


class LinesField(forms.Field):
    """A line for each; ``pairs`` have a first and a last, parted by "to"."""

    def __init__(self, *, pairs: bool = False, **kwargs: Any) -> None:
        self.pairs = pairs
        widget = forms.Textarea(attrs=dict(_LINES))
        super().__init__(required=False, widget=widget, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, str) or value is None:
            return value
        return "\n".join(TO.join(each) if self.pairs else str(each) for each in value)

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in str(value or "")[:LONGEST].splitlines()]
        return [self._read(line) for line in lines if line]

    def _read(self, line: str) -> Any:
        if not self.pairs:
            return line
        parts = [part.strip() for part in _BETWEEN.split(line)]
        if len(parts) != 2:  # noqa: PLR2004
            told = _("“%s” is not the first and the last, parted by “to”.") % line[:60]
            raise ValidationError(told, "invalid")
        return parts

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool((self.prepare_value(initial) or "") != (data or ""))


class CalendarForm(ModelForm):
    name = forms.CharField(label=_("Name"), max_length=64, help_text=words.CALENDAR_NAME)
    weekdays = forms.MultipleChoiceField(
        label=_("Weekdays"),
        choices=WEEKDAYS,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=words.CALENDAR_WEEKDAYS,
    )
    dates = LinesField(label=_("Days"), help_text=words.CALENDAR_DATES)
    ranges = LinesField(label=_("Stretches of days"), pairs=True, help_text=words.CALENDAR_RANGES)
    windows = LinesField(label=_("Windows"), pairs=True, help_text=words.CALENDAR_WINDOWS)
    timezone = forms.CharField(
        label=_("Time zone"),
        required=False,
        max_length=64,
        help_text=words.CALENDAR_TIMEZONE,
        widget=Suggesting(choices.zone_names),
    )
    also = forms.MultipleChoiceField(
        label=_("And all of"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=words.CALENDAR_ALSO,
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=255, required=False, help_text=words.REASON
    )

    class Meta:
        model = Calendar
        fields = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row: Calendar | None = kwargs.get("instance")
        stored = dict(row.rules) if row is not None else {}
        stored["also"] = [name for name in stored.get("also", []) if isinstance(name, str)]
        kwargs["initial"] = {**stored, **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        own = row.name if row is not None else None
        others = [pair for pair in choices.calendar_pairs() if pair[0] != own]
        self.fields["also"].choices = others  # type: ignore[attr-defined]
        if not others:
            self.fields["also"].help_text = words.NO_OTHER_CALENDAR

    def _post_clean(self) -> None:
        """Leave the row alone: an operation writes it."""

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if not name.isprintable():
            raise ValidationError(_("A name has no such characters."), "invalid")
        if name in dict(choices.calendar_pairs()):
            raise ValidationError(_("There is a calendar with this name already."), "taken")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in (*LISTS, "timezone"):
            if cleaned.get(name):
                rules = {name: cleaned[name]}
                self._try(name, lambda rules=rules: calendars.Rules.of(rules))  # type: ignore[misc]
        if not self.errors:
            self._try("also", lambda: refuse_calendar(self.calendar_name, self.rules))
        if not self.errors:
            self._try(None, lambda: self.calendar)
        return cleaned

    def _try(self, field: str | None, check: Callable[[], object]) -> None:
        try:
            check()
        except (SchedulerError, ImproperlyConfigured) as error:
            told = str(error).removeprefix(f"{field}: ")
            self.add_error(field, ValidationError(told, "invalid"))

    @property
    def calendar_name(self) -> str:
        return str(self.cleaned_data.get("name") or self.instance.name)

    @property
    def rules(self) -> dict[str, Any]:
        """Return the rules that were filled in, as SCHEDULER["CALENDARS"] has them."""
        return _said(self.cleaned_data)

    @property
    def calendar(self) -> calendars.Calendar:
        return calendars.calendar(self.rules)


def _said(cleaned: Mapping[str, Any]) -> dict[str, Any]:
    names: Iterable[str] = ("weekdays", *LISTS, "timezone", "also")
    return {name: cleaned[name] for name in names if cleaned.get(name)}


def stored_calendar(row: Calendar) -> calendars.Calendar | None:
    """Return what a row of the database says; None if it cannot be read."""
    with suppress(SchedulerError):
        return calendars.calendar(row.rules)
    return None
