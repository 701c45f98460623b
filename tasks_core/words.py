"""Words of messages that depend on what they are about."""

import re
from collections.abc import Iterable

_VOWEL = re.compile(r"[aeio]|u(?!ni|s|u)", re.IGNORECASE)  # as it is spoken: a UUID, a user


def an(noun: str) -> str:
    """Return the noun with its article: "an int", "a str"."""
    return f"an {noun}" if _VOWEL.match(noun) else f"a {noun}"


def counted(number: int, noun: str) -> str:
    """Return the noun with its number: "1 job", "2 jobs"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def listed(names: Iterable[str], *, most: int = 3) -> str:
    """Return the first of these names, and whether there are more: "a, b, c and others"."""
    named = list(names)
    return ", ".join(named[:most]) + (" and others" if len(named) > most else "")


def kind_of(value: object) -> str:
    """Return what a value is, with an article: "an int"."""
    return an(type(value).__name__)
