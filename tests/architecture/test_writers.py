"""Only the verbs move a job, and only materialise/ writes the ledger."""

import ast

import pytest

from tests.architecture.source import PACKAGE_SOURCES, WRITES, Source, chain, where

VERBS = "tasks_core/backends/database/"
LEDGER = "scheduler/materialise/"
# The method that all verbs move jobs with is defined beside the model.
DEFINES_MOVE = "tasks_core/models/queries.py"


def moves_of_jobs(source: Source) -> list[str]:
    """Return where a file stores jobs, changes their state, or has the means to."""
    return [where(source, node) for node in ast.walk(source.tree) if _moves(node)]


def _moves(node: ast.AST) -> bool:
    if isinstance(node, ast.Assign):
        return any(isinstance(t, ast.Attribute) and t.attr == "state" for t in node.targets)
    if isinstance(node, (ast.AugAssign, ast.AnnAssign)):
        return isinstance(node.target, ast.Attribute) and node.target.attr == "state"
    if not isinstance(node, ast.Call):
        return False
    words = chain(node.func)
    return (
        words[-1:] == ["move"]
        or words == ["Job"]
        or words[:2] == ["Job", "rows"]
        or (words[:1] == ["Job"] and words[-1] in WRITES)
        or (words[-1:] == ["update"] and any(word.arg == "state" for word in node.keywords))
        or (words[-1:] == ["setattr"] and _names(node, "state"))
        or (words[-1:] == ["bulk_update"] and _names(node, "state"))
    )


def writes_to_ledger(source: Source) -> list[str]:
    """Return where a file stores or changes occurrences. To build one, unsaved, is to write none."""
    calls = [(call, chain(call.func)) for call in source.calls()]
    saves = any(words[-1:] in (["save"], ["asave"]) for _, words in calls)
    return [
        where(source, call)
        for call, words in calls
        if (words[:1] == ["Occurrence"] and words[-1] in WRITES)
        or (words == ["Occurrence"] and saves)
    ]


def _names(call: ast.Call, word: str) -> bool:
    return any(isinstance(node, ast.Constant) and node.value == word for node in ast.walk(call))


@pytest.mark.parametrize("source", PACKAGE_SOURCES, ids=lambda source: source.path)
def test_only_the_verbs_move_jobs(source):
    if not source.path.startswith(VERBS) and source.path != DEFINES_MOVE:
        assert moves_of_jobs(source) == []


def test_the_verbs_do_move_jobs():
    verbs = [source for source in PACKAGE_SOURCES if source.path.startswith(VERBS)]

    assert any(moves_of_jobs(source) for source in verbs)


@pytest.mark.parametrize(
    "text",
    [
        "job.state = JobState.READY",
        "job.state: str = 'ready'",
        "setattr(job, 'state', 'ready')",
        "Job.objects.filter(pk=1).update(state='ready')",
        "jobs.filter(pk=1).update(state='ready')",
        "Job.objects.using(alias).filter(pk=1).update(reason='')",
        "jobs.move('ready', 'running')",
        "Job.objects.bulk_update(jobs, ['state'])",
        "Job.objects.create(task='tea')",
        "Job(task='tea').save()",
        "Job.rows.all()",
    ],
)
def test_a_second_mover_is_noticed(text):
    assert len(moves_of_jobs(Source("tasks_core/guilty.py", text))) == 1


def test_looking_at_jobs_is_free():
    text = "Job.objects.filter(state='ready').count()\nif job.state == 'ready': pass"

    assert moves_of_jobs(Source("tasks_core/innocent.py", text)) == []


@pytest.mark.parametrize("source", PACKAGE_SOURCES, ids=lambda source: source.path)
def test_only_materialise_writes_the_ledger(source):
    if not source.path.startswith(LEDGER):
        assert writes_to_ledger(source) == []


def test_materialise_does_write_it():
    ledger = [source for source in PACKAGE_SOURCES if source.path.startswith(LEDGER)]

    assert [source.path for source in ledger if writes_to_ledger(source)] != []


@pytest.mark.parametrize(
    "text",
    [
        "Occurrence(schedule_key='tea').save()",
        "row = Occurrence(schedule_key='tea')\nrow.save()",
        "Occurrence.objects.create(schedule_key='tea')",
        "Occurrence.objects.using(alias).bulk_create(rows)",
        "Occurrence.objects.filter(pk=1).update(count=2)",
    ],
)
def test_a_second_book_keeper_is_noticed(text):
    assert len(writes_to_ledger(Source("scheduler/guilty.py", text))) == 1
