"""The nights of the documentation: what docs/reference/cron.md says is due when clocks change."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime

from tests.child import ROOT

PAGE = ROOT / "docs/reference/cron.md"
LINE = re.compile(
    r"^\| (?P<night>\d{4}-\d\d-\d\d) \| `(?P<zone>[\w/]+)` \| `(?P<cron>[^`]+)` "
    r"\| (?P<due>(?:\d\d:\d\d(?:, )?)+) \|",
    re.MULTILINE,
)


@dataclass(frozen=True)
class Example:
    """One line of the page: what a schedule has due on one day, in UTC."""

    zone: str
    cron: str
    due: tuple[datetime, ...]

    @property
    def key(self) -> str:
        return f"{self.zone} {self.cron}"

    def entry(self, *, zone: str | None = None) -> dict[str, object]:
        return {
            "task": "tests.app.tasks.nothing",
            "cron": self.cron,
            "timezone": zone or self.zone,
            "overlap": "allow",
            "catch_up": "all",
            "catch_up_limit": 9999,
        }


def examples() -> dict[datetime, list[Example]]:
    """Return the page's examples by the UTC day that they are about."""
    nights = defaultdict(list)
    for found in LINE.finditer(PAGE.read_text()):
        night = datetime.fromisoformat(found["night"]).replace(tzinfo=UTC)
        times = [datetime.strptime(text, "%H:%M") for text in found["due"].split(", ")]
        due = tuple(night.replace(hour=each.hour, minute=each.minute) for each in times)
        nights[night].append(Example(found["zone"], found["cron"], due))
    return dict(nights)
