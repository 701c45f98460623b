"""
A picture of runs: a panel for each question, a bar for each product.

    python -m tests.benchmarks.picture RESULTS.jsonl … PICTURE.svg
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("svg")
mpl.rcParams |= {"svg.fonttype": "none", "svg.hashsalt": "django-tasks-core", "font.size": 9}

import matplotlib.pyplot as plt  # noqa: E402 - after the choice of what it draws on

from tests.benchmarks.results import Line, Results, middle, values  # noqa: E402

OURS, LIMIT, OTHERS = "#0c4b33", "#b7b7b7", "#7aa6c2"
NAMES = {
    "tasks_core": "django-tasks-core",
    "raw": "plain SQL",
    "django_q2": "django-q2",
    "django_tasks_db": "django-tasks-db",
}
STORES = {"postgres": "PostgreSQL", "sqlite": "SQLite", "redis": "Redis"}
ALL = tuple(STORES)
MANY, FEW = "all.last_s", "few.last_s"
# Title, measurement, stores, figure, whether it spans magnitudes.
PANELS = [
    ("Drain, PostgreSQL, jobs/s", "drain", ("postgres",), "rate", False),
    ("Drain, SQLite and Redis, jobs/s", "drain", ("sqlite", "redis"), "rate", False),
    ("Enqueue one call, calls/s", "enqueue", ALL, "single", False),
    ("Enqueue 1000 calls at once, calls/s", "enqueue", ALL, "many", False),
    ("Pick-up p95, ms, less is better, logarithmic", "pickup", ALL, "p95", True),
    ("Deferred lag p99, ms, less is better, logarithmic", "deferred", ALL, "p99", True),
    ("10,000 schedules due at once, s, less is better", "due", ("postgres",), MANY, False),
    ("100 of 10,000 schedules due, s, less is better", "due", ("postgres",), FEW, False),
]


def draw(results: Results, file: Path) -> None:
    figure, axes = plt.subplots(4, 2, figsize=(10, 16))
    for panel, axis in zip(PANELS, axes.flat, strict=True):
        title, measure, stores, path, spans_magnitudes = panel
        bars = [
            (label(first, one_store=len(stores) == 1), middle(values(lines, path)), first)
            for first, lines in results.groups(measure)
            if first["store"] in stores and values(lines, path) and is_shown(first)
        ]
        _draw_bars(axis, bars)
        if spans_magnitudes:
            axis.set_xscale("symlog", linthresh=1)
            axis.set_xticks([], minor=True)
        axis.set_title(title, loc="left")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None})


def _draw_bars(axis: Any, bars: list[tuple[str, float | None, Line]]) -> None:
    sizes = [max(size or 0, 0) for _, size, _ in bars]
    colors = [{"tasks_core": OURS, "raw": LIMIT}.get(line["peer"], OTHERS) for *_, line in bars]
    drawn = axis.barh(range(len(bars)), sizes, color=colors)
    axis.bar_label(
        drawn,
        labels=[f"{size:,.3g}" if size < 100 else f"{size:,.0f}" for size in sizes],
        padding=3,
    )
    axis.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    axis.invert_yaxis()
    axis.set_xticks([])
    axis.margins(x=0.15)
    axis.spines[["top", "right", "bottom"]].set_visible(False)


def is_shown(line: Line) -> bool:
    """Say whether this set-up is one that the others have, too."""
    if line["measure"] != "due":
        return True
    return line["label"] == "many" and (line["peer"], line["profile"]) != ("raw", "best")


def label(line: Line, *, one_store: bool) -> str:
    name = NAMES.get(line["peer"], line["peer"])
    name = f"{name}, {line['label']}" if line["label"] not in {"", "many"} else name
    return name if one_store else f"{name}, {STORES[line['store']]}"


if __name__ == "__main__":
    *runs, picture = map(Path, sys.argv[1:])
    draw(Results({}, [line for run in runs for line in Results.read(run).lines]), picture)
