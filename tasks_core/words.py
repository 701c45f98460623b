"""Words of messages that depend on what they are about."""

import re

_VOWEL = re.compile(r"[aeio]|u(?!ni|s|u)", re.IGNORECASE)  # as it is spoken: a UUID, a user


def an(noun: str) -> str:
    """Return the noun with its article: "an int", "a str"."""
    return f"an {noun}" if _VOWEL.match(noun) else f"a {noun}"


def counted(number: int, noun: str) -> str:
    """Return the noun with its number: "1 job", "2 jobs"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def kind_of(value: object) -> str:
    """Return what a value is, with an article: "an int"."""
    return an(type(value).__name__)
