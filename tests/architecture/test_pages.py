"""The pages that lead through the code and through the documentation name what is there."""

import ast
import re
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

DOCS = ROOT / "docs"
MAP = DOCS / "explanation/how-it-fits.md"
FOLDERS = ["tutorial", "howto", "howto/migrate", "reference", "explanation", "decisions"]
STEP = re.compile(r"^\|[^|]*\| `([\w/]+\.py)` \| `([\w.]+)` \|", re.MULTILINE)
LINK = re.compile(r"^(?:- |\| ?).*?\]\(([\w/-]+)\.md\)", re.MULTILINE)
TOCTREE = re.compile(r"^```\{toctree\}\n(.*?)^```", re.MULTILINE | re.DOTALL)


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


@pytest.mark.parametrize(("file", "name"), steps())
def test_what_the_map_of_the_code_names_is_there(file, name):
    assert has(ROOT / file, name), f"{file} defines no {name}"


def test_every_row_of_the_map_names_a_file_and_a_name():
    rows = [line for line in MAP.read_text().splitlines() if re.match(r"\|.*\.py`", line)]

    assert len(rows) == len(steps()) > 50


def test_what_is_not_there_is_noticed():
    assert has(ROOT / "tasks_core/definition.py", "Task.enqueue")
    assert not has(ROOT / "tasks_core/definition.py", "Task.send")
    assert not has(ROOT / "tasks_core/definition.py", "enqueue")


@pytest.mark.parametrize("folder", FOLDERS)
def test_an_index_names_every_page_of_its_folder_once(folder):
    text = (DOCS / folder / "index.md").read_text()
    pages = {path.stem for path in (DOCS / folder).glob("*.md")} - {"index"}
    below = {f"{path.parent.name}/index" for path in (DOCS / folder).glob("*/index.md")}
    links = LINK.findall(text)

    assert sorted(links) == sorted(pages | below)


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_hidden_contents_of_an_index_are_its_links(folder):
    text = (DOCS / folder / "index.md").read_text()
    [contents] = TOCTREE.findall(text)
    listed = [line for line in contents.split() if not line.startswith(":")]

    assert ":hidden:" in contents
    assert listed == LINK.findall(text)
