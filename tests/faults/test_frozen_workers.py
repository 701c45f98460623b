"""
S7: workers stand still for longer than their lease. Their jobs are given to another worker,
and what the woken ones have to say about them is thrown away, each time, and told.
"""

import signal

import pytest

from tests.app.models import Effect
from tests.faults.kit.books import assert_balanced, audit
from tests.faults.kit.havoc import Havoc, signal_group
from tests.faults.kit.load import FENCED, all_ended, ask
from tests.faults.kit.tally import EVERY, size
from tests.tasks_core.races import eventually

UNFENCED = "tests.faults.kit.broken.UnfencedBackend"
WORKERS, LEASE = size((3, 1.5), (10, 3))  # one job each; seconds
THROWN_AWAY = "its outcome is thrown away"

pytestmark = [
    pytest.mark.vendor(*size(("postgresql",), EVERY)),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def freeze(worker_of):
    """Let another worker do what frozen ones have begun, wake them, and return their words."""

    def run(backend):
        start = worker_of(backend, command="run_bare_worker", CONCURRENCY=1, LEASE=LEASE)
        frozen = Havoc(start, number=WORKERS)
        frozen.serve()
        ask(WORKERS, seconds=(LEASE * 0.4, LEASE * 0.5))
        eventually(lambda: Effect.objects.filter(name="began").count() == WORKERS)

        for worker in frozen.processes:
            signal_group(worker, signal.SIGSTOP)
        other = worker_of(backend, CONCURRENCY=WORKERS, LEASE=LEASE)()
        eventually(all_ended, seconds=10 + 5 * LEASE)
        for worker in frozen.processes:
            signal_group(worker, signal.SIGCONT)
        done = Effect.objects.filter(name="done")
        eventually(lambda: done.count() == 2 * WORKERS)

        assert frozen.end() == [0] * WORKERS
        assert other.stop() == 0
        return sum(worker.output.count(THROWN_AWAY) for worker in frozen.processes)

    return run


def test_what_woken_workers_say_is_thrown_away(freeze, tally):
    fenced = freeze(FENCED)

    books = audit(WORKERS, lease=LEASE)
    tally.row(
        "S7 frozen workers",
        f"{WORKERS} frozen beyond a lease of {LEASE} s, {fenced} outcomes fenced",
        lost=len(books.lost),
        repeated=books.repeated,
        bound=WORKERS,
    )
    assert fenced == WORKERS
    assert_balanced(books, repeats=WORKERS, overlaps=WORKERS)


def test_without_a_fence_they_have_the_last_word(freeze, tally):
    freeze(UNFENCED)

    books = audit(WORKERS, lease=LEASE)
    tally.control("S7 frozen workers", f"{len(books.foreign)} overwritten")
    with pytest.raises(AssertionError, match="foreign"):
        assert_balanced(books, repeats=WORKERS, overlaps=WORKERS)
    assert books.foreign
