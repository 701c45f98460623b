"""The five columns of a cron expression: what may stand there, and which numbers it means."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Field:
    """One column. ``size`` is how many different values it has."""

    name: str
    low: int
    high: int
    size: int
    names: dict[str, int] = field(default_factory=dict)

    def number(self, text: str) -> int:
        """Return what ``text`` stands for in this column. Raises LookupError if nothing."""
        value = int(text) if text.isdigit() else self.names[text]
        if not self.low <= value <= self.high:
            raise LookupError(text)
        return value

    def allowed(self) -> str:
        """Say what may stand here: "1 to 12, or JAN to DEC"."""
        names = [*self.names]
        return f"{self.low} to {self.high}" + (f", or {names[0]} to {names[-1]}" if names else "")


def _named(names: str, *, start: int) -> dict[str, int]:
    return {name: number for number, name in enumerate(names.split(), start)}


MONTH_DAY = Field("day-of-month", 1, 31, 31)
MONTH = Field(
    "month", 1, 12, 12, _named("JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC", start=1)
)
WEEKDAY = Field("weekday", 0, 7, 7, _named("SUN MON TUE WED THU FRI SAT", start=0))  # 7 is Sunday
FIELDS = (
    Field("minute", 0, 59, 60),
    Field("hour", 0, 23, 24),
    MONTH_DAY,
    MONTH,
    WEEKDAY,
)


def is_wildcard(normalised: str) -> bool:
    """Tell whether the minute or the hour starts with ``*`` (rule R1)."""
    minute, hour, *_ = normalised.split(" ", 2)
    return minute.startswith("*") or hour.startswith("*")


def spelled_out(normalised: str) -> str:
    """
    Return the same schedule in bare numbers, which no library can read in its own way.

    A leading ``*`` stays, because rule R4 asks for it.
    """
    columns = zip(FIELDS, normalised.split(" "), strict=True)
    return " ".join(_spelled_column(column, text) for column, text in columns)


def _spelled_column(column: Field, text: str) -> str:
    items = text.split(",")
    if text.startswith("*") and "*" in items:
        return "*"
    star = [items.pop(0)] if text.startswith("*") else []
    return ",".join([*star, *map(str, sorted(numbers_of(column, items)))])


def numbers_of(column: Field, items: list[str]) -> frozenset[int]:
    """Return the numbers that values, ranges and steps mean in a column; Sunday is 0."""
    return frozenset(number for item in items for number in _numbers(column, item))


def _numbers(column: Field, item: str) -> Iterator[int]:
    span, _, step = item.partition("/")
    first, _, last = span.partition("-")
    low = column.low if first == "*" else column.number(first)
    high = column.high if first == "*" else column.number(last or first)
    for number in range(low, high + 1, int(step or 1)):
        yield number % 7 if column is WEEKDAY else number
