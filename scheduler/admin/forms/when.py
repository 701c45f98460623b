"""The kinds of trigger with their fields, and back: what they mean, as options of an entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.utils.translation import gettext_lazy as _

from scheduler import cron
from scheduler.admin.forms import words
from scheduler.admin.forms.choices import zone_names
from scheduler.admin.forms.fields import DayInput, MomentField, Suggesting
from scheduler.admin.forms.kinds import FIELDS, MAIN, UNITS, Kind, initial_of
from scheduler.definitions.when import trigger_from
from scheduler.due import weekdays, zones
from scheduler.exceptions import InvalidSchedule, InvalidTrigger, SchedulerError
from scheduler.models import Schedule
from scheduler.triggers import Daily, Every, Monthly, Trigger, Weekly, from_spec, wall
from scheduler.triggers.month_days import month_days
from scheduler.turn.rebuild import stated_trigger_of
from tasks_core.exceptions import JobError

if TYPE_CHECKING:
    ModelForm = forms.ModelForm[Schedule]
else:
    ModelForm = forms.ModelForm

WEEKDAYS = [(short, _(name)) for short, name in zip(weekdays.SHORT, weekdays.LONG, strict=True)]


class WhenForm(ModelForm):
    """When a schedule is due. ``trigger`` is what the fields mean, once they have been cleaned."""

    kind = forms.ChoiceField(label=_("Kind"), choices=Kind, help_text=words.KIND)
    cron = forms.CharField(
        label=_("Expression"), max_length=255, required=False, help_text=words.CRON
    )
    every_count = forms.IntegerField(
        label=_("Every"), min_value=1, max_value=10**9, required=False, help_text=words.EVERY
    )
    every_unit = forms.ChoiceField(label=_("Unit"), choices=UNITS, required=False)
    every_from = MomentField(label=_("Counted from"), required=False, help_text=words.COUNTED_FROM)
    at = MomentField(label=_("Moment"), required=False, help_text=words.AT)
    weekdays = forms.MultipleChoiceField(
        label=_("On"), choices=WEEKDAYS, required=False, widget=forms.CheckboxSelectMultiple
    )
    on = forms.CharField(
        label=_("On"),
        max_length=400,
        required=False,
        help_text=words.MONTH_DAYS,
        widget=Suggesting(lambda: words.SOME_MONTH_DAYS),
    )
    times = forms.CharField(label=_("At"), max_length=1000, required=False, help_text=words.TIMES)
    nth = forms.IntegerField(
        label=_("Every nth"),
        min_value=1,
        max_value=wall.MOST_EVERY,
        required=False,
        help_text=words.NTH,
    )
    days_from = forms.DateField(
        label=_("Counted from"), required=False, widget=DayInput(), help_text=words.DAYS_FROM
    )
    spec = forms.CharField(
        label=_("Combination"),
        required=False,
        max_length=10_000,
        help_text=words.SPEC,
        widget=forms.Textarea(attrs={"rows": 3, "class": "ts-code"}),
    )
    timezone = forms.CharField(
        label=_("Time zone"),
        required=False,
        max_length=64,
        help_text=words.TIMEZONE,
        widget=Suggesting(zone_names),
    )

    class Meta:
        model = Schedule
        fields = ()

    trigger: Trigger | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        row: Schedule | None = kwargs.get("instance")
        spec = row.trigger if row is not None else ""
        kwargs["initial"] = {**initial_of(spec), **(kwargs.get("initial") or {})}
        super().__init__(*args, **kwargs)
        for kind, names in FIELDS.items():
            for name in names:
                attrs = self.fields[name].widget.attrs
                attrs["data-kinds"] = f"{attrs.get('data-kinds', '')} {kind}".strip()

    def _post_clean(self) -> None:
        """Leave the row alone: an operation writes it."""

    def clean_timezone(self) -> str:
        return self._read("timezone", zones.zone)

    def clean_cron(self) -> str:
        return self._read("cron", cron.validate)

    def clean_times(self) -> str:
        return self._read("times", wall.times_of)

    def clean_on(self) -> str:
        return self._read("on", lambda text: month_days(_days(text)))

    def _read(self, name: str, check: Callable[[str], object]) -> str:
        value: str = self.cleaned_data.get(name) or ""
        if value and name in FIELDS.get(self._kind, ()):
            try:
                check(value)
            except SchedulerError as error:
                raise ValidationError(str(error), code="invalid") from None
        return value

    def _try(self, field: str | None, check: Callable[[], object]) -> None:
        """Say beside a field, or above all of them, what ``check`` finds wrong."""
        try:
            check()
        except (SchedulerError, JobError, ImproperlyConfigured) as error:
            self.add_error(field, ValidationError(str(error), "invalid"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in {name for names in FIELDS.values() for name in names}:
            if name not in FIELDS.get(self._kind, ()):
                self.errors.pop(name, None)  # of a kind that was not chosen
        if self._kind and not any(name in self.errors for name in FIELDS[self._kind]):
            self._make_trigger()
        return cleaned

    def _make_trigger(self) -> None:
        kind = self._kind
        if not self.cleaned_data.get(MAIN[kind]):
            self.add_error(MAIN[kind], ValidationError(_("This field is required."), "required"))
            return
        if kind in {Kind.DAILY, Kind.WEEKLY, Kind.MONTHLY} and not self.cleaned_data.get("times"):
            self.add_error("times", ValidationError(_("This field is required."), "required"))
            return
        try:
            if self.instance.trigger and not self.is_rescheduled:
                self.trigger = stated_trigger_of(self.instance)
            else:
                self.trigger = trigger_from(self.when())
        except (InvalidTrigger, InvalidSchedule) as error:
            self.add_error(MAIN[kind], ValidationError(str(error), "invalid"))
        except SchedulerError:  # only another release of the code knows it; it stays
            self.trigger = None

    @property
    def _kind(self) -> str:
        return str(self.cleaned_data.get("kind", ""))

    @property
    def is_rescheduled(self) -> bool:
        """Whether the fields of the chosen kind say something else than the schedule does."""
        return bool({"kind", *FIELDS.get(self._kind, ())}.intersection(self.changed_data))

    def when(self) -> dict[str, Any]:
        """Return the options of an entry that say when."""
        said = self.cleaned_data
        zone = said.get("timezone") or zones.default_zone().key
        match self._kind:
            case Kind.CRON:
                return {"cron": said["cron"], "timezone": zone}
            case Kind.AT:
                return {"at": said["at"], "timezone": zone}
            case Kind.SPEC:
                return {"trigger": from_spec(said["spec"])}
            case Kind.EVERY:
                return {"trigger": _every(said)}
        return {"trigger": self._counted(said, zone)}

    def _counted(self, said: Mapping[str, Any], zone: str) -> Trigger:
        counted: dict[str, Any] = {"every": said.get("nth") or 1, "timezone": zone}
        if said.get("days_from"):
            counted["anchor"] = said["days_from"]
        if self._kind == Kind.WEEKLY:
            return Weekly(said["weekdays"], at=said["times"], **counted)
        if self._kind == Kind.MONTHLY:
            return Monthly(_days(said["on"]), at=said["times"], **counted)
        return Daily(said["times"], **counted)


def _every(said: Mapping[str, Any]) -> Every:
    try:
        interval = timedelta(seconds=said["every_count"] * int(said["every_unit"] or 1))
    except OverflowError:
        raise InvalidTrigger("That is longer than a calendar goes.") from None
    if not said.get("every_from"):
        return Every(interval)
    anchor = trigger_from({"at": said["every_from"], "timezone": zones.default_zone().key})
    return Every(interval, anchor=getattr(anchor, "moment"))  # noqa: B009


def _days(text: str) -> list[int | str]:
    """Return the days of "15, last business day"; a number alone is one."""
    found: list[int | str] = []
    for part in text.split(","):
        with suppress(ValueError):
            found.append(int(part))
            continue
        found.append(part)
    return found
