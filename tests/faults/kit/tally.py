"""
What each scenario counted: printed always, kept when the results are to be published.

``make faults`` runs the long form and keeps a row for each scenario and database in
docs/explanation/faults.json; ``python -m tests.faults.kit.tally`` draws the page's table from it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from platform import python_version
from typing import TYPE_CHECKING, TypeVar

from django.db import connection
from django.utils import timezone

from tests.child import ROOT

if TYPE_CHECKING:  # models, where nothing is drawn but a page
    from tests.faults.kit.ledger import Books

T = TypeVar("T")

PUBLISHED = ROOT / "docs/explanation/faults.json"
PAGE = PUBLISHED.with_suffix(".md")
SUMMARY = PUBLISHED.with_name("what-we-guarantee.md")
HEADINGS = ("scenario", "database", "done", "lost", "repeated", "surplus", "control")
EVERY = ("sqlite", "postgresql", "mysql")  # databases: of the long form, where one does for CI
TABLE = re.compile(r"(?<=<!-- table -->\n).*?(?=<!-- end of table -->)", re.DOTALL)


def size(short: T, long: T) -> T:
    """Return ``short`` in CI and ``long`` where FAULTS=long asks for the counts that are published."""
    return long if os.environ.get("FAULTS") == "long" else short


@dataclass(frozen=True)
class Row:
    """
    One line of the table.

    ``repeated`` says how many executions there were beyond one for each job, of how many that
    the faults allow; ``surplus`` are jobs that should not be there; ``control`` is what the same
    assertions found in a broken variant.
    """

    scenario: str
    database: str
    done: str = ""
    lost: int = 0
    repeated: str = "0"
    surplus: int = 0
    control: str = ""


class Tally:
    """Takes down rows; ``say`` prints, ``path`` keeps, ``store`` is where the jobs are kept."""

    def __init__(
        self, say: Callable[[str], object], path: Path | None, store: str | None = None
    ) -> None:
        self.say = say
        self.path = path
        self.store = store or database()

    def row(
        self,
        scenario: str,
        done: str,
        *,
        lost: int = 0,
        repeated: int = 0,
        bound: int = 0,
        surplus: int = 0,
    ) -> None:
        """Take down what a scenario did and found; ``bound`` is how many repeats it allows."""
        words = f"{repeated} of at most {bound}" if bound else f"{repeated}"
        told = f"{lost} lost, {words} repeated, {surplus} surplus"
        self.say(f"{scenario}, {self.store}: {done}: {told}")
        self._keep(scenario, done=done, lost=lost, repeated=words, surplus=surplus)

    def due(self, scenario: str, done: str, books: Books) -> None:
        """Take down what became of due times."""
        self.row(
            scenario,
            f"{done}, {books.due} due: {books.jobs} jobs, {books.skipped} skipped",
            lost=len(books.lost),
            surplus=len(books.duplicate) + len(books.extra) + len(books.torn),
        )

    def control(self, scenario: str, found: str) -> None:
        """Take down what the same assertions found in a variant that is broken on purpose."""
        self.say(f"{scenario}, {self.store}, control: {found}")
        self._keep(scenario, control=found)

    def _keep(self, scenario: str, **changes: object) -> None:
        if self.path is None:
            return
        kept = {_key(row): row for row in read(self.path)} if self.path.exists() else {}
        key = scenario, self.store
        kept[key] = replace(kept.get(key, Row(*key)), **changes)
        rows = sorted(kept.values(), key=lambda row: (number(row.scenario), row.database))
        told = {"measured": circumstances(), "rows": [asdict(row) for row in rows]}
        self.path.write_text(json.dumps(told, indent=1) + "\n")


def read(path: Path) -> list[Row]:
    return [Row(**row) for row in json.loads(path.read_text())["rows"]]


def number(scenario: str) -> tuple[int, str]:
    """Return what sorts S4 before S13, and what has no number last."""
    return int(re.sub(r"\D", "", scenario.split(maxsplit=1)[0]) or 999), scenario


def database() -> str:
    return {"postgresql": "PostgreSQL", "sqlite": "SQLite", "mysql": "MariaDB"}[connection.vendor]


def circumstances() -> str:
    """Say how and where was measured."""
    form = size("short form", "long form")
    return f"{form}, {timezone.localdate()}, {os.cpu_count()} cores, Python {python_version()}"


def table(path: Path) -> str:
    """Return the results as a Markdown table."""
    lines = [HEADINGS, ["---"] * len(HEADINGS)]
    lines += [[str(asdict(row)[name]) for name in HEADINGS] for row in read(path)]
    told = json.loads(path.read_text())["measured"]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + f"\n{told}.\n"


def drawn(page: str, path: Path) -> str:
    """Return ``page`` with its table drawn anew."""
    return TABLE.sub(lambda _: f"\n{table(path)}\n", page)


def summed_up(page: str, path: Path) -> str:
    """Return ``page`` with a line for each scenario, of all databases together."""
    found: dict[str, list[Row]] = {}
    for row in read(path):
        found.setdefault(row.scenario, []).append(row)
    lines = [
        [
            scenario,
            ", ".join(row.database for row in rows),
            str(sum(row.lost for row in rows)),
            _beyond(rows),
            str(sum(row.surplus for row in rows)),
        ]
        for scenario, rows in found.items()
    ]
    head = ["scenario", "databases", "lost", "repeated beyond what is allowed", "surplus"]
    told = [head, ["---"] * len(head), *lines]
    drawn_lines = "\n".join(f"| {' | '.join(line)} |" for line in told)
    return TABLE.sub(lambda _: f"\n{drawn_lines}\n\n", page)


def _beyond(rows: list[Row]) -> str:
    """Return how many executions were more than the faults allow."""
    counted = (re.findall(r"\d+", row.repeated) for row in rows)
    pairs = ((int(numbers[0]), int(numbers[-1] if len(numbers) > 1 else 0)) for numbers in counted)
    return str(sum(max(0, many - bound) for many, bound in pairs))


def _key(row: Row) -> tuple[str, str]:
    return row.scenario, row.database


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(), PUBLISHED))
    SUMMARY.write_text(summed_up(SUMMARY.read_text(), PUBLISHED))
