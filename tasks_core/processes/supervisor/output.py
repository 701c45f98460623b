"""The supervisor's own lines, in the form that worker processes use."""

import sys
from contextlib import suppress

from . import clock


def say(words: str, *, level: str = "INFO") -> None:
    """Write one line to stderr; who does not listen any more ends nobody."""
    with suppress(OSError, ValueError):
        sys.stderr.write(f"{clock.stamp()} {level:<7} {words}\n")
        sys.stderr.flush()


def warn(words: str) -> None:
    say(words, level="WARNING")
