"""The page of the documentation and its picture, drawn from a file of results."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from tests.benchmarks import environments, report
from tests.benchmarks.results import Results
from tests.benchmarks.stage import ROOT

PAGE = ROOT / "docs/explanation/performance.md"
PICTURE = ROOT / "docs/explanation/performance.svg"
PUBLISHED = Path(__file__).parent / "published.jsonl"
BEGIN, END = "<!-- drawn by make bench -->", "<!-- end of what make bench has drawn -->"


def publish(file: Path) -> None:
    if file.resolve() != PUBLISHED:
        shutil.copyfile(file, PUBLISHED)
    PAGE.write_text(with_tables(PAGE.read_text(), Results.read(PUBLISHED)))
    program = [environments.python_of("picture"), "-m", "tests.benchmarks.picture"]
    subprocess.run([*program, PUBLISHED, PICTURE], check=True, cwd=ROOT)


def with_tables(page: str, results: Results) -> str:
    """Return the page with the tables of these results between its two marks."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    drawn = report.text(results).replace("\n### ", "\n### ")
    return f"{before}{BEGIN}\n\n{drawn}\n{END}{after}"
