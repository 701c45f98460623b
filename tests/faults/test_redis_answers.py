"""
What Redis does and cannot say, and what it cannot do: answers are lost on their way, and its memory
is full.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
import redis

from tasks_core import JobState, background, job_backends
from tests.faults.kit.answers import DeafLine
from tests.faults.kit.books import assert_balanced
from tests.faults.kit.redis_books import all_ended, audit, rows, torn
from tests.faults.kit.tally import size
from tests.faults.tasks import work
from tests.tasks_core.races import eventually

JOBS, EVERY, WORKERS = size((400, 50, 2), (20_000, 50, 2))
THREADS = 4  # of the site
CONTROL = 1_000
ANSWERS, MEMORY = "lost answers", "full memory"
ROOM = size(1_000_000, 20_000_000)  # bytes

pytestmark = [pytest.mark.vendor("sqlite"), pytest.mark.django_db(transaction=True)]


@pytest.fixture
def line():
    """Return a function that lays a line to a server that loses every so manieth answer."""
    laid = []

    def lay(server):
        laid.append(DeafLine(("127.0.0.1", server.port), every=EVERY))
        return laid[-1]

    yield lay
    for each in laid:
        each.close()


def test_lost_answers_store_and_run_nothing_twice(own_redis, redis_site, line, settings, tally):
    server = own_redis()
    lossy = line(server)
    at_line = server.options_at(lossy.port)
    settings.JOBS = settings.JOBS | {"line": settings.JOBS["default"] | {"OPTIONS": at_line}}
    start = redis_site(server, port=lossy.port)
    workers = [start("run_worker") for _ in range(WORKERS)]

    with ThreadPoolExecutor(THREADS) as site:
        list(site.map(lambda _: background.on("line").enqueue(work), range(JOBS)))
    eventually(lambda: all_ended(JOBS), seconds=size(120, 1200))

    assert [worker.stop() for worker in workers] == [0] * WORKERS
    books = audit(JOBS)
    tally.row(
        ANSWERS,
        f"{JOBS} jobs, {lossy.lost} of {lossy.answers} answers lost",
        lost=len(books.lost),
        repeated=books.repeated,
        surplus=books.jobs - JOBS,
    )
    assert lossy.lost > JOBS // EVERY
    assert books.jobs == JOBS
    assert_balanced(books)


def test_a_client_that_repeats_plain_commands_stores_more(own_redis, line, tally):
    server = own_redis()
    lossy = line(server)
    plain = redis.Redis(port=lossy.port)  # it repeats by itself, as it comes

    for number in range(CONTROL):
        plain.lpush("jobs", number)

    plain.close()
    surplus = server.client.llen("jobs") - CONTROL
    tally.control(ANSWERS, f"{surplus} surplus of {CONTROL} by plain LPUSH")
    assert surplus


# Memory.


def fill(store):
    """Call ``store`` until the server refuses it; return how often it did not."""
    for count in range(10**6):
        try:
            store(count)
        except redis.exceptions.OutOfMemoryError as error:
            assert "maxmemory" in str(error)  # noqa: PT017
            return count
    raise AssertionError("never full")


def used_memory(server):
    return server.client.info("memory")["used_memory"]


def limit_memory(server):
    limit = used_memory(server) + ROOM
    server.client.config_set("maxmemory", limit)
    return limit


def test_with_full_memory_jobs_are_refused_whole_and_those_there_are_run(
    own_redis, redis_site, tally
):
    server = own_redis(**{"maxmemory-policy": "noeviction"})
    limit = limit_memory(server)
    stored = fill(lambda _: background.enqueue(work, key=str(uuid4()), label="x" * 200))
    assert len(list(rows())) == stored
    assert torn() == []

    worker = redis_site(server)("run_worker")  # which begins, works and renews its lease meanwhile
    eventually(lambda: all_ended(stored), seconds=size(120, 1200))
    books = audit(stored)
    pruned = sum(job_backends["default"].prune(JobState.SUCCESSFUL, older_than=timedelta(0)))
    eventually(lambda: used_memory(server) < limit)
    after = background.enqueue(work)
    eventually(lambda: job_backends["default"].get(after.id).status == JobState.SUCCESSFUL)

    assert worker.stop() == 0
    done = f"{stored} jobs until the memory was full; all of them ran, and then there was room"
    tally.row(MEMORY, done, lost=len(books.lost), repeated=books.repeated)
    assert pruned == stored
    assert_balanced(books)


def test_two_commands_store_halves(own_redis, tally):
    server = own_redis(**{"maxmemory-policy": "noeviction"})
    limit_memory(server)

    def in_two_steps(number):
        server.client.hset(f"half:job:{number}", "state", "ready")
        server.client.lpush("half:queue", "x" * 20_000)

    fill(in_two_steps)

    halves = len(server.client.keys("half:job:*")) - server.client.llen("half:queue")
    tally.control(MEMORY, f"{halves} half stored by two commands")
    assert halves
