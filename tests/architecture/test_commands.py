"""Commands translate arguments; what they start, or ask, lives in a module."""

import ast

import pytest

from tests.architecture.source import PACKAGE_SOURCES, WRITES, Source, chain, sources, where

ACTIONS = {
    "asyncio.run",
    "multiprocessing.Process",
    "signal.signal",
    "subprocess.Popen",
    "subprocess.run",
    "threading.Thread",
}
COMMANDS = [
    source
    for source in [*PACKAGE_SOURCES, *sources("example_site")]
    if "/management/commands/" in source.path
]


def acts(source: Source) -> list[str]:
    """Return what a command does by itself: loops, threads, signals, and rows it writes."""
    guilty = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.While):
            guilty.append(f"{where(source, node)} while")
        if isinstance(node, ast.ClassDef) and any("Loop" in ast.unparse(b) for b in node.bases):
            guilty.append(f"{where(source, node)} {node.name}")
        if isinstance(node, ast.Call) and {"objects", "rows"} & {*(words := chain(node.func))}:
            guilty += [f"{where(source, node)} {word}" for word in words if word in WRITES]
        if isinstance(node, ast.expr) and source.meaning(node) in ACTIONS:
            guilty.append(f"{where(source, node)} {source.meaning(node)}")
    return guilty


@pytest.mark.parametrize("source", COMMANDS, ids=lambda source: source.path)
def test_commands_only_translate(source):
    assert acts(source) == []


@pytest.mark.parametrize(
    "text",
    [
        "while True: tick()",
        "class Worker(Loop): pass",
        "import threading\nthreading.Thread(target=tick).start()",
        "from signal import SIGTERM, signal\nsignal(SIGTERM, stop)",
        "Job.objects.filter(state='failed').delete()",
        "Job.rows.update(state='ready')",
    ],
)
def test_a_command_that_acts_is_noticed(text):
    assert len(acts(Source("tasks_core/management/commands/guilty.py", text))) == 1
