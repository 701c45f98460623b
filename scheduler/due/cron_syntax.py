"""
The text of a cron expression: check it and normalise it. No time, no zones, no library.

Stricter than any cron: what two systems read differently is refused, and the message names
what to write instead. Every check is linear in at most 255 characters.
"""

from __future__ import annotations

import re
from functools import lru_cache

from scheduler.due.cron_fields import FIELDS, MONTH_DAY, WEEKDAY, Field
from scheduler.exceptions import InvalidTrigger

LONGEST = 255  # characters
SHOWN = 60  # characters of somebody's text that a message repeats

ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}

_VALUE = "[0-9]{1,3}|[A-Z]{3}"
_ITEM = re.compile(rf"(?P<first>\*|{_VALUE})(?:-(?P<last>{_VALUE}))?(?:/(?P<step>[0-9]{{1,3}}))?")
_NTH = re.compile(rf"(?P<weekday>{_VALUE})#(?P<place>[1-5]|L)")
_RANDOM = "it would differ in every process; write a fixed value, and spread load with splay"
# What is meant by an item that does not read; the first that fits is the hint.
_HINTS = (
    (re.compile(r"\?"), "write * for any value"),
    (re.compile(r"~"), _RANDOM),
    (re.compile(r"^[HR](\(|/|$)"), _RANDOM),
    (re.compile(r"#"), "in the weekday field FRI#1 to FRI#5 count Fridays, FRI#L is the last"),
    (re.compile(r"^([0-7]|[A-Z]{3})L$|^L[0-7]$"), "write FRI#L, in the weekday field"),
    (re.compile(r"^L-"), 'only L and LW are read; Monthly("3rd last day", at=…) counts back'),
    (re.compile(r"^L"), "L, the last day, and LW, the last of MON-FRI, are days of the month"),
    (re.compile(r"W"), 'only LW is read; Moved(…, "next") keeps a day off the weekend'),
    (re.compile(r"^[A-Z]{4}"), "names have three letters, as in MON or JAN"),
    (re.compile(r"^$"), "a comma stands between two values"),
)


def normalise(expression: object) -> str:
    """
    Return ``expression`` as five columns with one space between them.

    Aliases are written out, names are upper case, ``5-5`` is ``5``, ``05`` is ``5``. Raises
    InvalidTrigger, and nothing else, for everything that is not such an expression.
    """
    if not isinstance(expression, str):
        raise InvalidTrigger(f"A cron expression is a str, not {type(expression).__name__}.")
    if len(expression) > LONGEST:
        raise InvalidTrigger(f"The cron expression {shown(expression)} exceeds {LONGEST} letters.")
    return _normalise(str(expression))


@lru_cache(maxsize=16_384)
def _normalise(expression: str) -> str:
    text = expression.strip(" \t\r\n")
    if not text.isascii() or not text.replace("\t", " ").isprintable():
        raise InvalidTrigger(
            f"The cron expression {shown(expression)} is not one line of plain ASCII."
        )
    if text.startswith("@"):
        return _written_out(text)
    columns = text.split()
    if len(columns) != len(FIELDS):
        hint = " For seconds there is Every(seconds=…)." if len(columns) > len(FIELDS) else ""
        raise InvalidTrigger(
            f"The cron expression {shown(text)} has {len(columns)} fields, not 5: minute, hour, "
            f"day of month, month, weekday.{hint}"
        )
    return " ".join(_column(*pair) for pair in zip(FIELDS, columns, strict=True))


def _written_out(text: str) -> str:
    if text in ALIASES:
        return ALIASES[text]
    hint = ""
    if text.lower() in ALIASES:
        hint = f" Write {text.lower()}."
    elif text.lower() == "@reboot":
        hint = " A schedule knows times, not starts: write At(…) for one moment."
    raise InvalidTrigger(f"The cron alias {shown(text)} is none of {', '.join(ALIASES)}.{hint}")


def _column(column: Field, text: str) -> str:
    return ",".join(_item(column, item) for item in text.split(","))


def _item(column: Field, written: str) -> str:
    text = written.upper()
    if column is MONTH_DAY and text in {"L", "LW"}:
        return text
    if column is WEEKDAY and (nth := _NTH.fullmatch(text)):
        return f"{_value(column, nth['weekday'], within=written)}#{nth['place']}"
    found = _ITEM.fullmatch(text)
    if not found or text.startswith("*-"):
        hints = (hint for pattern, hint in _HINTS if pattern.search(text))
        raise _refusal(column, written, next(hints, "this is no *, value, range or step"))
    first, last, step = found.group("first", "last", "step")
    if step and not 1 <= int(step) <= column.size:
        raise _refusal(column, written, f"a step is 1 to {column.size}")
    tail = f"/{int(step)}" if step else ""
    if first == "*":
        return f"*{tail}"
    if last:
        return _range(column, written, ends=(first, last), tail=tail)
    if step:  # Debian refuses it as well; elsewhere it runs to the end, or is only the value
        raise _refusal(column, written, f"a step needs a range: {first}-{column.high}{tail}")
    return _value(column, first, within=written)


def _range(column: Field, written: str, *, ends: tuple[str, str], tail: str) -> str:
    first, last = (_value(column, end, within=written) for end in ends)
    low, high = column.number(first), column.number(last)
    if low == high:
        return first
    if low > high:
        instead = _unwrapped(column, low, high)
        raise _refusal(column, written, f"a range does not wrap around; write {instead}")
    return f"{first}-{last}{tail}"


def _unwrapped(column: Field, first: int, last: int) -> str:
    """Write a range that runs over the end of its column as two; a week ends with 7, Sunday."""
    parts = [(first, column.high), (1 if column is WEEKDAY else column.low, last)]
    return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in parts if a <= b)


def _value(column: Field, text: str, *, within: str) -> str:
    try:
        column.number(text)
    except LookupError:
        raise _refusal(column, within, f"a value is {column.allowed()}") from None
    return str(int(text)) if text.isdigit() else text


def _refusal(column: Field, written: str, why: str) -> InvalidTrigger:
    return InvalidTrigger(f"Cron expression, {column.name} field: {shown(written)}: {why}.")


def shown(text: str) -> str:
    """Return somebody's text for a message: short, and nothing a terminal would obey."""
    return ascii(text[:SHOWN]) + ("…" if len(text) > SHOWN else "")
