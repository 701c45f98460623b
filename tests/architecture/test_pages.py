"""The page that leads through the code names what is there."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

DOCS = ROOT / "docs"
MAP = DOCS / "explanation/how-it-fits.md"
STEP = re.compile(r"^\|[^|]*\| `([\w/]+\.py)` \| `([\w.]+)` \|", re.MULTILINE)


def steps() -> list[tuple[str, str]]:
    return STEP.findall(MAP.read_text())


def has(path: Path, name: str) -> bool:
    """Say whether a file defines ``name``: a function, a class, ``Class.method`` or a value."""
    body: list[ast.stmt] = ast.parse(path.read_text()).body
    for part in name.split("."):
        found = [node for node in body if part in _names(node)]
        if not found:
            return False
        body = getattr(found[-1], "body", [])
    return True


def _names(node: ast.stmt) -> list[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return [node.name]
    return [each.id for each in getattr(node, "targets", []) if isinstance(each, ast.Name)]


@pytest.mark.parametrize(("file", "name"), steps(), ids="::".join)
def test_what_the_map_of_the_code_names_is_there(file, name):
    assert has(ROOT / file, name), f"{file} defines no {name}"


def test_every_row_of_the_map_names_a_file_and_a_name():
    rows = [line for line in MAP.read_text().splitlines() if re.match(r"\|.*\.py`", line)]

    assert len(rows) == len(steps()) > 50


def test_what_is_not_there_is_noticed():
    assert has(ROOT / "tasks_core/definition.py", "Task.enqueue")
    assert not has(ROOT / "tasks_core/definition.py", "Task.send")
    assert not has(ROOT / "tasks_core/definition.py", "enqueue")
