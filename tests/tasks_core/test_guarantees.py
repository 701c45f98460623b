"""What each backend guarantees: the same tests for those that our workers serve, and the page."""

import re

import pytest
from django.db import transaction

from tasks_core import Call, JobState, background, clock, ids, job_backends, outbox, registry
from tasks_core.models import Outbox
from tasks_core.outcomes import Succeeded
from tasks_core.testing import conformance
from tests.app.tasks import nothing
from tests.architecture.source import ROOT
from tests.tasks_core.redis_keys import empty

SERVED = ["default", "redis"]
PAGE = ROOT / "docs/explanation/what-we-guarantee.md"
HEADING = "## By backend"
FOOTNOTE = re.compile(r"\[\^([\w-]+)\]")
UNPROVED = re.compile("\N{EN DASH}|as .*")  # nothing is claimed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _no_jobs():
    empty()


def away(calls):
    raise ConnectionError("nobody is there")


def claim(backend, **options):
    owner = backend.register(kind="worker", queues=None, concurrency=1).pk
    return backend.claim(owner=owner, limit=1, **options)


@pytest.mark.parametrize("alias", SERVED)
class TestServed:
    def test_a_job_whose_process_died_is_claimed_again(self, alias):
        backend = job_backends[alias]
        background.on(alias).enqueue(nothing)
        [attempt] = claim(backend)
        backend.bury(attempt.owner, [attempt.key])

        assert claim(backend) == []
        [again] = claim(backend, alone=True)
        assert (again.job_id, again.number) == (attempt.job_id, 2)

    def test_with_one_attempt_it_never_starts_twice(self, alias):
        backend = job_backends[alias]
        result = background.on(alias).enqueue(nothing, max_attempts=1)
        [attempt] = claim(backend)
        backend.bury(attempt.owner, [attempt.key])
        result.refresh()

        assert (result.status, result.reason) == (JobState.FAILED, "lost")

    def test_who_was_taken_for_dead_settles_nothing(self, alias):
        backend = job_backends[alias]
        result = background.on(alias).enqueue(nothing)
        [attempt] = claim(backend)
        backend.bury(attempt.owner, [attempt.key])

        assert backend.settle([(attempt, Succeeded())]) == [None]
        result.refresh()
        assert result.status == JobState.READY

    def test_what_is_rolled_back_is_never_stored(self, alias, monkeypatch):
        # As outside of the tests, most of which never commit.
        monkeypatch.setattr(job_backends[alias], "on_commit", True, raising=False)
        with transaction.atomic():
            result = background.on(alias).enqueue(nothing)
            transaction.set_rollback(True)

        assert job_backends[alias].get(result.id) is None

    def test_a_durable_call_is_stored_whoever_hands_it_over(self, alias, monkeypatch):
        monkeypatch.setattr(job_backends[alias], "push", away, raising=False)
        with transaction.atomic():
            result = background.on(alias).enqueue(nothing, durable=True)
        monkeypatch.undo()
        Outbox.objects.update(try_at=clock.db_now())
        outbox.sweep()

        assert job_backends[alias].get(result.id).status == JobState.READY
        assert not Outbox.objects.exists()


def test_a_call_with_an_id_is_stored_once_in_redis():
    backend, job_id = job_backends["redis"], ids.job_id()
    call = Call(registry.find(nothing), id=job_id)
    for _ in range(2):
        backend.enqueue_many([call])
    [attempt] = claim(backend)
    backend.settle([(attempt, Succeeded())])
    backend.enqueue_many([call])

    assert claim(backend) == []
    assert backend.get(job_id).status == JobState.SUCCESSFUL
    backend.delete([job_id])
    backend.enqueue_many([call])
    assert backend.get(job_id) is None


def rows():
    """Return the rows of the table, as lists of cells."""
    section = PAGE.read_text().split(HEADING)[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def proofs():
    """Return the tests that the footnotes name."""
    found = re.findall(r"^\[\^([\w-]+)\]: (.+)$", PAGE.read_text(), re.MULTILINE)
    return {name: re.findall(r"`([^`]+)`", text) for name, text in found}


def exists(proof):
    path, *names = proof.split("::")
    if not (ROOT / path).is_file():
        return False
    text = (ROOT / path).read_text()
    if names[-1] in dir(conformance.BackendConformance):
        return f"class {names[0]}(" in text
    return all(re.search(rf"^ *(def|class) {name}\b", text, re.MULTILINE) for name in names)


def test_every_claim_of_the_table_names_its_test():
    named = proofs()
    cells = [cell for row in rows() for cell in row[1:]]

    assert len(cells) > 50
    assert [cell for cell in cells if not FOOTNOTE.search(cell) and not UNPROVED.match(cell)] == []
    assert {name for cell in cells for name in FOOTNOTE.findall(cell)} == set(named)


def test_every_test_that_is_named_exists():
    assert [proof for tests in proofs().values() for proof in tests if not exists(proof)] == []


@pytest.mark.parametrize(
    "proof",
    [
        "tests/nowhere.py::test_tea",
        "tests/tasks_core/test_guarantees.py::test_tea",
        "tests/tasks_core/test_conformance.py::Nobody::test_a_cancelled_job_never_starts",
    ],
)
def test_a_test_that_does_not_exist_is_noticed(proof):
    assert not exists(proof)
