"""Fields for what Django has none for: spans in words, JSON that nobody can break, moments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from scheduler.due import zones

UNITS = {"w": 604_800, "d": 86_400, "h": 3600, "min": 60, "s": 1}
ALIASES = {"m": "min", "sec": "s", "second": "s", "minute": "min", "hour": "h", "day": "d"}
LONGEST_SPAN = 60
LONGEST = 10_000  # characters of JSON; a job takes more, a form should not
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([a-z]*)", re.ASCII)


def in_words(span: timedelta) -> str:
    """Return "1 h 30 min", which a SpanField reads."""
    left, parts = span.total_seconds(), []
    for unit, seconds in UNITS.items():
        count, left = divmod(left, seconds)
        if count and unit != "w":
            parts.append(f"{count:.0f} {unit}")
        elif count:
            left += count * seconds
    if left:
        parts.append(f"{left:g} s")
    return " ".join(parts) or "0 s"


class SpanField(forms.Field):
    """A length of time: "90", "90 s", "1 h 30 min", "2 d"."""

    def prepare_value(self, value: Any) -> Any:
        return in_words(value) if isinstance(value, timedelta) else value

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip().lower()[:LONGEST_SPAN]
        if not text:
            return None
        parts = _PART.findall(text)
        rest = _PART.sub("", text).strip(" ,")
        try:
            seconds = sum(float(number) * _seconds(unit) for number, unit in parts)
            if parts and not rest:
                return timedelta(seconds=seconds)
        except (LookupError, OverflowError):
            pass
        raise ValidationError(
            _("Write a length of time, such as “90 s”, “15 min”, “1 h 30 min” or “2 d”."),
            code="invalid",
        )

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != (initial or None))
        except ValidationError:
            return True


def _seconds(unit: str) -> int:
    if not unit:
        return 1
    name = unit if unit in UNITS else unit.removesuffix("s")
    return UNITS[ALIASES.get(name, name)]


class JSONField(forms.JSONField):
    """JSON of one kind; whatever is typed, it is an error of the field and no crash."""

    def __init__(self, *, of: type, example: str, **kwargs: Any) -> None:
        self.kind, self.example = of, example
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 3, "class": "ts-code"}))
        super().__init__(**kwargs)

    def prepare_value(self, value: Any) -> Any:
        return "" if value is None else super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and len(value) > LONGEST:
            raise ValidationError(_("More than %d characters; keep the rest elsewhere.") % LONGEST)
        try:
            found = super().to_python(value)
        except (ValueError, RecursionError):  # numbers of 5,000 digits, brackets in brackets
            raise self._refusal() from None
        except ValidationError as error:
            raise self._refusal(self._place(value)) from error
        if found is not None and not isinstance(found, self.kind):
            raise self._refusal()
        return found

    def bound_data(self, data: Any, initial: Any) -> Any:
        try:
            json.loads(data or "null")
        except (ValueError, RecursionError):
            return forms.fields.InvalidJSONInput(data or "")
        return super().bound_data(data, initial)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool((self.to_python(data) or self.kind()) != (initial or self.kind()))
        except ValidationError:
            return True

    def _refusal(self, place: str = "") -> ValidationError:
        told = _("This is no JSON of the right kind%(place)s. Write it as %(example)s.")
        return ValidationError(told, "invalid", {"example": self.example, "place": place})

    def _place(self, value: Any) -> str:
        try:
            json.loads(value)
        except json.JSONDecodeError as error:
            return f" ({error.msg}, line {error.lineno}, column {error.colno})"
        return ""


class MomentInput(forms.DateTimeInput):
    """The browser's own field for a moment, which keyboards and screen readers know."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(attrs={"step": "1", "class": "ts-moment"}, format="%Y-%m-%dT%H:%M:%S")


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class MomentField(forms.CharField):
    """A moment without a zone, as its ISO text; who reads it says whose time it is."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=40, widget=MomentInput(), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return local(value) if isinstance(value, datetime) else value

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        try:
            if text:
                datetime.fromisoformat(text)
        except ValueError:
            told = _("Write a date and a time, such as 2026-12-24T18:00.")
            raise ValidationError(told, code="invalid") from None
        return text

    def has_changed(self, initial: Any, data: Any) -> bool:
        before = self.prepare_value(initial) or ""
        return _whole(before) != _whole(data or "")


def local(moment: datetime) -> str:
    """Return a moment as the site's wall time, to the second."""
    wall = moment.astimezone(zones.default_zone()) if moment.tzinfo else moment
    return wall.replace(tzinfo=None).isoformat(timespec="seconds")


def _whole(text: str) -> str:
    try:
        return datetime.fromisoformat(text).isoformat(timespec="seconds")
    except ValueError:
        return text


class Suggesting(forms.TextInput):
    """A field that suggests as one types; what is typed is checked where it is read."""

    template_name = "tasks_scheduler/admin/suggesting.html"

    def __init__(self, suggested: Callable[[], list[str]], **attrs: str) -> None:
        super().__init__(attrs=attrs)
        self.suggested = suggested

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        widget = context["widget"]
        widget["suggested"] = self.suggested()
        widget["attrs"]["list"] = f"{widget['attrs'].get('id', name)}_list"
        return context
