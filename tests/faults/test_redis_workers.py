"""
S6 and S7 on Redis: workers are killed with all that is below them, have their process killed below
their supervisor, or stand still beyond their lease. Each job ends, and is settled by its owner.
"""

import os
import signal
from contextlib import suppress

import pytest

from tasks_core import Call, JobState, background, job_backends
from tests.app.models import Effect
from tests.faults.kit.books import assert_balanced
from tests.faults.kit.havoc import Havoc, signal_group
from tests.faults.kit.redis_books import all_ended, audit, place
from tests.faults.kit.tally import size
from tests.faults.tasks import work
from tests.tasks_core.races import eventually

BLOWS, EACH, SECONDS = 21, 80, 0.2  # jobs for each blow, of so many seconds
WORKERS, CONCURRENCY, LEASE = 3, 4, 3.0
FROZEN, LONG = 10, 10  # workers with a job each; seconds, of its first attempt only
BLOWN, STOOD = "S6 kill -9 and SIGSTOP", "S7 frozen workers"
THROWN_AWAY = "its outcome is thrown away"
FENCED = "tasks_core.backends.redis.RedisBackend"
NEGLIGENT = "tests.faults.kit.broken_redis.NegligentRedis"
UNFENCED = "tests.faults.kit.broken_redis.UnfencedRedis"

# In CI the same is done to workers on a database.
pytestmark = [
    pytest.mark.vendor(*size((), ("sqlite",))),
    pytest.mark.django_db(transaction=True),
]


def begun():
    return Effect.objects.filter(name="began").count()


def serving():
    """Return how many processes wait to be handed jobs."""
    return place().client.zcard(place().key("idle"))


def ask(count):
    calls = [Call(work, kwargs={"seconds": SECONDS})] * count
    background.enqueue_many(calls)


class Blows(Havoc):
    """Deals one blow after the other."""

    dealt = 0

    def deal(self, which):
        [self.kill, self.freeze_long, self.kill_below][self.dealt % 3](which)
        self.dealt += 1
        ask(EACH)

    def freeze_long(self, which):
        self.freeze(which, seconds=LEASE * 1.5)

    def kill_below(self, which):
        for pid in self.processes[which].workers():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.kills += 1


def test_every_job_ends_and_is_settled_by_its_owner(own_redis, redis_site, tally):
    server = own_redis()
    start = redis_site(server, CONCURRENCY=CONCURRENCY, LEASE=LEASE)
    havoc = Blows(lambda: start("run_worker"), number=WORKERS)
    havoc.begin()
    eventually(lambda: serving() == WORKERS)
    ask(EACH)

    havoc.wreak(havoc.deal, times=BLOWS, pause=(0.0, 1.0), progress=begun)
    asked = EACH * (BLOWS + 1)
    eventually(lambda: all_ended(asked), seconds=180)

    for child in havoc.processes:
        child.end()
    books = audit(asked)
    victims = (havoc.kills + havoc.freezes) * CONCURRENCY
    tally.row(
        BLOWN,
        f"{asked} jobs, {havoc.kills} kills, {havoc.freezes} freezes, lease {LEASE} s",
        lost=len(books.lost),
        repeated=books.repeated,
        bound=victims,
    )
    assert_balanced(books, repeats=victims, overlaps=havoc.freezes * CONCURRENCY)


def test_where_nobody_rescues_they_run_for_ever(own_redis, redis_site, tally):
    server = own_redis()
    start = redis_site(server, backend=NEGLIGENT, LEASE=1)
    lonely = start("run_worker")
    eventually(lambda: serving() == 1)
    background.enqueue_many([Call(work, kwargs={"at_first": 60})] * 2)
    eventually(lambda: begun() == 2)
    lonely.kill()
    eventually(job_backends["default"].has_orphans)
    other = background.enqueue(work)
    assert start("run_worker", "--once", "--duration", "9").wait() == 0
    assert job_backends["default"].get(other.id).status == JobState.SUCCESSFUL

    books = audit(3)
    tally.control(BLOWN, f"{len(books.stuck)} stuck after 1 kill")
    with pytest.raises(AssertionError, match="stuck"):
        assert_balanced(books)


@pytest.fixture
def freeze(own_redis, redis_site):
    """Let another worker do what frozen ones have begun, wake them, and return their words."""

    def run(backend):
        server = own_redis()
        start = redis_site(server, backend=backend, CONCURRENCY=1, LEASE=3)
        frozen = Havoc(lambda: start("run_bare_worker"), number=FROZEN)
        frozen.begin()
        eventually(lambda: serving() == FROZEN)
        background.enqueue_many([Call(work, [], {"at_first": LONG})] * FROZEN)
        eventually(lambda: begun() == FROZEN)
        for worker in frozen.processes:
            signal_group(worker, signal.SIGSTOP)
        other = redis_site(server, backend=backend, CONCURRENCY=FROZEN, LEASE=3)("run_worker")
        eventually(lambda: all_ended(FROZEN))
        for worker in frozen.processes:
            signal_group(worker, signal.SIGCONT)
        done = Effect.objects.filter(name="done")
        eventually(lambda: done.count() == 2 * FROZEN)
        assert frozen.end() == [0] * FROZEN
        assert other.stop() == 0
        return sum(worker.output.count(THROWN_AWAY) for worker in frozen.processes)

    return run


def test_what_woken_workers_say_is_thrown_away(freeze, tally):
    fenced = freeze(FENCED)

    books = audit(FROZEN)
    tally.row(
        STOOD,
        f"{FROZEN} frozen beyond a lease of 3 s, {fenced} outcomes fenced",
        lost=len(books.lost),
        repeated=books.repeated,
        bound=FROZEN,
    )
    assert fenced == FROZEN
    assert_balanced(books, repeats=FROZEN, overlaps=FROZEN)


def test_without_a_fence_they_have_the_last_word(freeze, tally):
    freeze(UNFENCED)

    books = audit(FROZEN)
    tally.control(STOOD, f"{len(books.foreign)} overwritten")
    with pytest.raises(AssertionError, match="foreign"):
        assert_balanced(books, repeats=FROZEN, overlaps=FROZEN)
