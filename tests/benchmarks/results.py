"""What a run has found, by measurement and product; every figure is the median of its rounds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

Line = dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """Names one figure: ``Figure("drain", "huey", "sqlite", "best", "rate")``."""

    measure: str
    peer: str
    store: str
    profile: str
    path: str
    label: str = ""


@dataclass(frozen=True)
class Results:
    about: Line = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)

    @classmethod
    def read(cls, file: Path) -> Results:
        lines = [json.loads(line) for line in file.read_text().splitlines() if line.strip()]
        about = next((line["about"] for line in lines if "about" in line), {})
        return cls(about, [line for line in lines if "about" not in line])

    def groups(self, measure: str) -> Iterator[tuple[Line, list[Line]]]:
        """Yield the first line and all lines of each product in each set-up, in their order."""
        found: dict[tuple[str, ...], list[Line]] = {}
        for line in self.lines:
            if line["measure"] == measure:
                key = tuple(line[name] for name in ("peer", "store", "profile", "label"))
                found.setdefault(key, []).append(line)
        yield from ((lines[0], lines) for lines in found.values())

    def of(self, figure: Figure) -> float | None:
        """Return the median of this figure, or None if it was not measured."""
        named = {name: getattr(figure, name) for name in ("peer", "store", "profile", "label")}
        for first, lines in self.groups(figure.measure):
            if all(first[name] == value for name, value in named.items()):
                return middle(values(lines, figure.path))
        return None


def values(lines: list[Line], path: str) -> list[float]:
    """Return the numbers at a dotted path; of a list its largest."""
    found = []
    for line in lines:
        value: Any = line
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, list):
            value = max(value, default=None)
        if value is not None:
            found.append(float(value))
    return found


def middle(numbers: list[float]) -> float | None:
    return median(numbers) if numbers else None
