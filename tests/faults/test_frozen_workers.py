"""
S7: workers stand still for longer than their lease. Their jobs are given to another worker,
and what the woken ones have to say about them is thrown away, each time, and told.
"""

import signal

import pytest

from tasks_core import Call, background
from tests.app.models import Effect
from tests.faults.kit.books import assert_balanced, audit
from tests.faults.kit.havoc import Havoc, signal_group
from tests.faults.kit.load import FENCED, all_ended
from tests.faults.kit.tally import EVERY, size
from tests.faults.tasks import work
from tests.tasks_core.races import eventually

UNFENCED = "tests.faults.kit.broken.UnfencedBackend"
WORKERS, LEASE = size((3, 2), (10, 3))  # one job each; seconds
LONG = 10  # seconds that only the first attempt of a job takes: it is frozen while it runs
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
        background.enqueue_many([Call(work, [], {"at_first": LONG})] * WORKERS)
        eventually(lambda: Effect.objects.filter(name="began").count() == WORKERS)

        for worker in frozen.processes:
            signal_group(worker, signal.SIGSTOP)
        other = worker_of(backend, CONCURRENCY=WORKERS, LEASE=LEASE)()
        eventually(all_ended)
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
