"""Commands translate arguments; what they start, or ask, lives in a module."""

import ast

import pytest

from tests.architecture.source import PACKAGE_SOURCES, Source, sources, where

ACTORS = {"threading", "signal", "multiprocessing", "asyncio", "subprocess"}
COMMANDS = [
    source
    for source in [*PACKAGE_SOURCES, *sources("example_site")]
    if "/management/commands/" in source.path
]


def acts(source: Source) -> list[str]:
    """Return what a command does by itself: loops, threads, signals, and rows it writes."""
    guilty = [f"{source.path}: {name}" for name in sorted(ACTORS) if source.imports(name)]
    for node in ast.walk(source.tree):
        if isinstance(node, ast.While):
            guilty.append(f"{where(source, node)} while")
        if isinstance(node, ast.ClassDef) and any("Loop" in ast.unparse(b) for b in node.bases):
            guilty.append(f"{where(source, node)} {node.name}")
        if isinstance(node, ast.Attribute) and node.attr == "objects":
            guilty.append(f"{where(source, node)} objects")
    return guilty


@pytest.mark.parametrize("source", COMMANDS, ids=lambda source: source.path)
def test_commands_only_translate(source):
    assert acts(source) == []


@pytest.mark.parametrize(
    "text",
    [
        "while True: tick()",
        "class Worker(Loop): pass",
        "import threading",
        "import signal",
        "Job.objects.filter(state='failed').delete()",
    ],
)
def test_a_command_that_acts_is_noticed(text):
    assert len(acts(Source("tasks_core/management/commands/guilty.py", text))) == 1
