"""Which day of a month is meant: "last business day", "2nd FRI", 15, -1."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from scheduler.due import weekdays
from scheduler.due.cron_syntax import shown
from scheduler.exceptions import InvalidTrigger
from tasks_core.conf import did_you_mean

ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5}
WORDS = ("first", "second", "third", "last", "day", "business day", *weekdays.LONG, *weekdays.SHORT)
EXAMPLES = '15, "last day", "2nd FRI", "last business day" or "3rd last business day"'
LONGEST = 31
LONGEST_TEXT = 40
_TEXT = re.compile(
    r"(?:(?P<nth>[0-9]{1,2}(?:ST|ND|RD|TH)?|FIRST|SECOND|THIRD|FOURTH|FIFTH)(?: |$))?"
    r"(?:(?P<last>LAST) )?(?P<what>DAY|BUSINESS DAY|[A-Z]{3,9})?"
)


@dataclass(frozen=True, slots=True, order=True)
class MonthDay:
    """The nth day of a kind, from the start of a month, or with a negative number from its end."""

    number: int
    kind: str = "day"  # or "business day", or "MON" to "SUN"

    def date_in(
        self, year: int, month: int, is_business_day: Callable[[date], bool]
    ) -> date | None:
        """Return this day of a month, or None if the month has none."""
        last = monthrange(year, month)[1]
        days = range(1, last + 1) if self.number > 0 else range(last, 0, -1)
        if self.kind == "business day":
            left = abs(self.number)
            for day in days:
                left -= is_business_day(date(year, month, day))
                if not left:
                    return date(year, month, day)
            return None
        if self.kind != "day":
            first = (weekdays.SHORT.index(self.kind) - date(year, month, days[0]).weekday()) % 7
            days = days[first if self.number > 0 else -first % 7 :: 7]
        place = abs(self.number) - 1
        return date(year, month, days[place]) if place < len(days) else None

    def __str__(self) -> str:
        return f"{self._place()} {self.kind}"

    def in_words(self) -> str:
        """Return "the 15th" or "the last Friday"."""
        if self.kind == "day" and self.number > 0:
            return f"the {self._place()}"
        is_weekday = self.kind in weekdays.SHORT
        kind = weekdays.LONG[weekdays.number_of(self.kind)] if is_weekday else self.kind
        return f"the {self._place()} {kind}"

    def _place(self) -> str:
        if self.number > 0:
            return ordinal(self.number)
        return "last" if self.number == -1 else f"{ordinal(-self.number)} last"


def ordinal(number: int) -> str:
    """Return "1st", "2nd", "11th"."""
    teens = number % 100 in {11, 12, 13}
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def month_days(on: object) -> tuple[MonthDay, ...]:
    """Return the days that ``on`` names: one, several with commas, or a list of them."""
    given = on.split(",") if isinstance(on, str) else [on] if isinstance(on, int) else on
    if not isinstance(given, (list, tuple)) or not 1 <= len(given) <= LONGEST:
        raise InvalidTrigger(f"Monthly is due on {EXAMPLES}, not on {on!r:.60}.")
    return tuple(sorted({_month_day(each) for each in given}))


def _month_day(value: object) -> MonthDay:
    if isinstance(value, int) and not isinstance(value, bool):
        return _bounded(value, "day", value)
    text = " ".join(value.split()) if isinstance(value, str) and len(value) <= LONGEST_TEXT else ""
    found = _TEXT.fullmatch(text.upper())
    if not found or not (found["nth"] or found["last"]) or not (found["nth"] or found["what"]):
        raise _refusal(value)
    nth, last, what = found.group("nth", "last", "what")
    number = _number(value, nth) if nth else 1
    kind = (what or "DAY").lower()
    if kind not in {"day", "business day"}:
        try:
            kind = weekdays.SHORT[weekdays.number_of(kind)]
        except LookupError:
            raise _refusal(value) from None
    return _bounded(-number if last else number, kind, value)


def _number(value: object, nth: str) -> int:
    if nth.lower() in ORDINALS:
        return ORDINALS[nth.lower()]
    number = int(nth.rstrip("STNDRH"))
    if not nth.isdigit() and nth != ordinal(number).upper():
        raise InvalidTrigger(f"Monthly: {value!r:.60}: write {ordinal(number)}.")
    return number


def _bounded(number: int, kind: str, value: object) -> MonthDay:
    most = 5 if kind in weekdays.SHORT else LONGEST
    if not 1 <= abs(number) <= most:
        raise InvalidTrigger(
            f"Monthly: {value!r:.60}: a month has at most {most} of these, counted from 1."
        )
    return MonthDay(number, kind)


def _refusal(value: object) -> InvalidTrigger:
    words = value.split() if isinstance(value, str) else []
    unknown = [w for w in words if w.isalpha() and w.casefold() not in _KNOWN]
    hint = did_you_mean(unknown[0][:20], WORDS) if unknown else f" Write {EXAMPLES}."
    return InvalidTrigger(f"Monthly: {shown(str(value))} is no day of a month.{hint}")


_KNOWN = {part.casefold() for word in WORDS for part in word.split()} | {*ORDINALS}
