"""What an examination finds, as a value that says in a sentence what is so and what helps."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

SIGNS = {"good": "ok", "note": "note", "warning": "WARNING", "failure": "WRONG"}
NAMED = 10  # a finding names so many of those that it is about


class Level(StrEnum):
    GOOD = "good"
    NOTE = "note"  # somebody wanted it so
    WARNING = "warning"  # may become wrong
    FAILURE = "failure"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at. ``named``: the first ids, names or keys that it is about."""

    about: str
    level: Level
    text: str
    advice: str = ""
    named: Sequence[str] = ()

    @property
    def is_wrong(self) -> bool:
        return self.level == Level.FAILURE


def line(finding: Finding) -> str:
    """Return a finding as a terminal shows it: its level, what is so, and below it what helps."""
    width = max(map(len, SIGNS.values()))
    advice = f"\n{'':{width}}  {finding.advice}" if finding.advice else ""
    return f"{SIGNS[finding.level]:{width}}  {finding.text}{advice}"


def good(about: str, text: str) -> Finding:
    return Finding(about=about, level=Level.GOOD, text=text)


def listed(names: Sequence[str], *, most: int = 3) -> str:
    """Return "a, b, c and more"."""
    return ", ".join(names[:most]) + (" and more" if len(names) > most else "")


def counted(number: int, one: str, many: str) -> str:
    """Return "1 job runs" or "2 jobs run"; what is not counted further is told as such."""
    return f"{number} {one if number == 1 else many}"


def rounded(delta: timedelta) -> str:
    """Return "90 s", or "15 min" when seconds no longer matter."""
    seconds = delta.total_seconds()
    return f"{seconds:.0f} s" if seconds < 600 else f"{seconds / 60:.0f} min"  # noqa: PLR2004
