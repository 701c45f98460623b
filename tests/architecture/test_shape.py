"""Short files, short functions, and words that say something."""

import ast
import re

import pytest

from tests.architecture.source import PACKAGE_SOURCES, Source, sources, where

LINES_OF_FILE = 220
LINES_OF_FUNCTION = 40
EMPTY_WORDS = re.compile(
    r"(^|_)(manager|handler|service|engine|broker|util|helper|common|misc)s?($|_)"
)
ALL = [*PACKAGE_SOURCES, *sources("example_site")]


def too_long(source: Source) -> list[str]:
    lines = source.text.count("\n")
    long_functions = [
        f"{where(source, node)} {node.name}"
        for node in ast.walk(source.tree)
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and node.end_lineno - node.lineno >= LINES_OF_FUNCTION
    ]
    return long_functions + [f"{source.path}: {lines} lines"] * (lines > LINES_OF_FILE)


def empty_words(source: Source) -> list[str]:
    """Return the file's names, and its classes', that could mean anything."""
    parts = source.path.removesuffix(".py").split("/")
    classes = [
        snake(node.name)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef) and not _is_django_manager(node)
    ]
    return [word for word in [*parts, *classes] if EMPTY_WORDS.search(word)]


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _is_django_manager(node: ast.ClassDef) -> bool:
    return any("Manager" in ast.unparse(base) for base in node.bases)


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.path)
def test_files_and_functions_are_short(source):
    assert too_long(source) == []


def test_a_long_function_is_noticed():
    body = "    pass\n" * LINES_OF_FUNCTION

    assert too_long(Source("a.py", f"def endless():\n{body}")) == ["a.py:1 endless"]
    assert too_long(Source("a.py", "def short():\n    pass\n")) == []


def test_a_long_file_is_noticed():
    assert too_long(Source("a.py", "pass\n" * 221)) == ["a.py: 221 lines"]


@pytest.mark.parametrize("source", ALL, ids=lambda source: source.path)
def test_names_say_something(source):
    assert empty_words(source) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("tasks_core/utils.py", ""),
        ("tasks_core/common/a.py", ""),
        ("scheduler/cron_helpers.py", ""),
        ("scheduler/a.py", "class JobManager: pass"),
        ("scheduler/a.py", "class SchedulerService(Base): pass"),
    ],
)
def test_an_empty_word_is_noticed(path, text):
    assert len(empty_words(Source(path, text))) == 1


def test_djangos_managers_keep_their_name():
    text = "class JobManager(models.Manager): pass"

    assert empty_words(Source("tasks_core/management/commands/jobs.py", text)) == []
