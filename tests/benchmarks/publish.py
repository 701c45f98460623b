"""The page of the documentation and its picture, drawn from a file of results."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from itertools import product
from pathlib import Path

from tests.benchmarks import environments, report
from tests.benchmarks.measures import ORDER
from tests.benchmarks.results import Line, Results
from tests.benchmarks.stage import ROOT

PAGE = ROOT / "docs/explanation/performance.md"
PICTURE = ROOT / "docs/explanation/performance.svg"
PUBLISHED = Path(__file__).parent / "published"
BEGIN, END = "<!-- drawn by make bench -->", "<!-- end of what make bench has drawn -->"


def publish(file: Path) -> None:
    """Keep what this run has measured, beside what earlier ones have and it has not."""
    found = Results.read(file)
    for measure in ORDER:
        if lines := [line for line in found.lines if line["measure"] == measure]:
            told = [{"about": found.about}, *lines]
            place = kept_in(measure, on_redis_alone=_is_on_redis_alone(lines))
            place.parent.mkdir(exist_ok=True)
            place.write_text("".join(f"{json.dumps(each)}\n" for each in told))
    PAGE.write_text(with_tables(PAGE.read_text(), published()))
    program = [environments.python_of("picture"), "-m", "tests.benchmarks.picture"]
    files = [kept_in(measure) for measure in ORDER if kept_in(measure).exists()]  # of databases
    subprocess.run([*program, *files, PICTURE], check=True, cwd=ROOT)


def kept_in(measure: str, *, on_redis_alone: bool = False) -> Path:
    """Return where a measure is kept; a run with `--stores redis` is told of beside the others."""
    return (PUBLISHED / "redis" if on_redis_alone else PUBLISHED) / f"{measure}.jsonl"


def _is_on_redis_alone(lines: Sequence[Line]) -> bool:
    return {line["store"] for line in lines} == {"redis"}


def published() -> list[Results]:
    """Return the runs of which something is shown, each with what it has measured."""
    runs: list[Results] = []
    places = product((False, True), ORDER)
    for file in (kept_in(measure, on_redis_alone=alone) for alone, measure in places):
        if file.exists():
            found = Results.read(file)
            same = next((run for run in runs if run.about == found.about), None)
            if same is None:
                runs.append(found)
            else:
                same.lines.extend(found.lines)
    return runs


def with_tables(page: str, runs: Sequence[Results]) -> str:
    """Return the page with the tables of these runs between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    drawn = "\n".join(map(report.text, runs))
    return f"{before}{BEGIN}\n\n{drawn}\n{END}{after}"
