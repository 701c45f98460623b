"""Which of two releases is the older: SCHEDULER["RELEASE"] orders deploys."""

from __future__ import annotations

import re


def is_older(mine: str | None, other: str | None) -> bool:
    """
    Say whether release ``mine`` came before ``other``; without both, nobody knows: False.

    Numbers inside the text count as numbers: "v1.9" is older than "v1.10", "41" than "42".
    """
    return bool(mine and other) and _order(mine or "") < _order(other or "")


def _order(release: str) -> list[tuple[int, int, str]]:
    parts = re.findall(r"\d+|[^\d]+", release)
    return [(1, int(part), "") if part.isdecimal() else (0, 0, part) for part in parts]
