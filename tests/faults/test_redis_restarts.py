"""
S5: Redis is restarted again and again, every other time by ``kill -9``, while jobs are enqueued and
run; it loses its connections and its scripts; the end of its log is lost with the machine.

The server is the scenario's own and writes its log once in a second, as is advised.
"""

import random
from itertools import cycle
from threading import Event, Thread

import pytest
import redis

from tasks_core import Call, background
from tests.faults.kit.books import assert_balanced
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.redis_books import all_ended, audit, ended, rows, torn
from tests.faults.kit.tally import size
from tests.faults.tasks import work
from tests.tasks_core.races import eventually

JOBS, RESTARTS, WORKERS = size((400, 2, 2), (100_000, 20, 4))
CUT_JOBS, BLOWS, EVERY = size((300, 4, 0.3), (20_000, 30, 5.0))  # seconds between two blows
CONCURRENCY, SECONDS = 4, size(0.04, 0.005)  # that a job rests
CONTROL_JOBS = 200
RESTART, CONNECTIONS, TAIL = "S5 restarts of Redis", "S5 connections", "S5 lost end of the log"
LASTING = {"appendonly": "yes", "appendfsync": "everysec", "auto-aof-rewrite-percentage": "0"}

pytestmark = [pytest.mark.vendor("sqlite"), pytest.mark.django_db(transaction=True)]


def numbers_missing(asked):
    return set(map(str, range(asked))) - {row.label for row in rows()}


def assert_nothing_missing(asked):
    assert numbers_missing(asked) == set()


@pytest.fixture
def under_load(redis_site):
    """Let a site enqueue and workers run, do ``harm`` to the server, and return how all ended."""

    def run(server, jobs, harm):
        start = redis_site(server, CONCURRENCY=CONCURRENCY, LEASE=10)
        workers = Havoc(lambda: start("run_worker"), number=WORKERS)
        workers.begin()
        site = start("enqueue_steadily", str(jobs), "--seconds", str(SECONDS))
        eventually(ended)
        harm()
        assert site.wait(600) == 0
        in_doubt = int(site.output.split(" in doubt")[0].split()[-1])
        eventually(lambda: all_ended(jobs), seconds=size(120, 1200))
        alive = [child.returncode for child in workers.processes]
        assert alive == [None] * WORKERS
        assert workers.end() == [0] * WORKERS
        books, missing = audit(jobs), numbers_missing(jobs)
        assert books.jobs - jobs <= in_doubt
        return books, missing

    return run


def test_restarts_lose_nothing_and_end_no_process(own_redis, under_load, tally):
    server = own_redis(**LASTING)
    chance = random.Random(RESTARTS)

    def harm():
        for _, how in zip(range(RESTARTS), cycle([server.kill, server.stop])):
            Event().wait(chance.uniform(0.1, size(0.3, 3.0)))  # the fault's own rhythm
            how()
            server.start()
            before = ended()
            eventually(lambda before=before: ended() > before or ended() >= JOBS)

    books, missing = under_load(server, JOBS, harm)

    bound = RESTARTS * WORKERS * CONCURRENCY
    done = f"{JOBS} jobs, {RESTARTS} restarts"
    tally.row(RESTART, done, lost=len(missing), repeated=books.repeated, bound=bound)
    assert missing == set()
    assert_balanced(books, repeats=bound, overlaps=bound)


def test_a_server_that_writes_nothing_is_found_out(own_redis, tally):
    server = own_redis()
    for number in range(CONTROL_JOBS):
        background.enqueue(work, label=str(number))
    server.kill()
    server.start()

    lost = len(numbers_missing(CONTROL_JOBS))
    tally.control(RESTART, f"{lost} lost of {CONTROL_JOBS} by one kill without a log")
    with pytest.raises(AssertionError):
        assert_nothing_missing(CONTROL_JOBS)


def strike(server):
    """End every connection of a client, and forget every script."""
    server.client.client_kill_filter(_type="normal", skipme=True)
    server.client.script_flush()


def test_cut_connections_and_forgotten_scripts_lose_nothing(own_redis, under_load, tally):
    server = own_redis()

    def harm():
        for _ in range(BLOWS):
            Event().wait(EVERY)  # the fault's own rhythm
            strike(server)

    books, missing = under_load(server, CUT_JOBS, harm)

    done = f"{CUT_JOBS} jobs, connections cut and scripts forgotten {BLOWS} times"
    tally.row(CONNECTIONS, done, lost=len(missing), repeated=books.repeated)
    assert missing == set()
    assert_balanced(books)


def test_a_client_that_gives_up_is_found_out(own_redis, tally):
    server = own_redis()
    hasty = redis.Redis(port=server.port, retry=redis.retry.Retry(redis.backoff.NoBackoff(), 0))
    stop = Event()

    def strike_again():
        while not stop.wait(0.01):
            strike(server)

    striker = Thread(target=strike_again)
    striker.start()
    failed = 0
    for number in range(10 * CONTROL_JOBS):
        try:
            hasty.lpush("jobs", number)
        except redis.exceptions.ConnectionError:
            failed += 1
    stop.set()
    striker.join()

    tally.control(CONNECTIONS, f"{failed} errors for the site by a client that asks once")
    assert failed


# The end of the log is lost.


def enqueue_and_measure(server, jobs):
    """Return for each job how long the log is once it is stored."""
    ends = {}
    for number in range(jobs):
        result = background.enqueue(work, label=str(number))
        ends[result.id] = server.log_size()
    return ends


def crash(server, ends):
    """Kill the server, lose a part of its log, and return what had been stored in that."""
    server.kill()
    whole = server.log_size()
    cut = random.Random(len(ends)).randrange(whole // 4, whole // 2)
    server.cut_log(cut)
    server.start()
    return {job for job, end in ends.items() if end > whole - cut}


def test_what_the_machine_lost_is_lost_whole_and_may_be_asked_for_again(
    own_redis, redis_site, tally
):
    server = own_redis(**LASTING)
    jobs = size(300, 5_000)
    ends = enqueue_and_measure(server, jobs)

    lost = crash(server, ends)

    there = {row.pk for row in rows()}
    assert set(ends) - there == lost
    assert torn() == []
    # As the outbox does, whose rows outlive the server: the same calls with the same ids.
    again = [Call(work, id=job) for job in ends]
    background.enqueue_many(again)
    assert redis_site(server, CONCURRENCY=CONCURRENCY)("run_worker", "--once").wait() == 0
    books = audit(jobs)
    surplus = books.jobs - jobs
    done = f"{jobs} jobs, {len(lost)} of them cut off and asked for again"
    tally.row(TAIL, done, lost=len(books.lost), repeated=books.repeated, surplus=surplus)
    assert lost
    assert surplus == 0
    assert_balanced(books)


def test_two_commands_are_torn_apart(own_redis, tally):
    server = own_redis(**LASTING)
    for number in range(CONTROL_JOBS):
        server.client.hset(f"half:job:{number}", "call", "x" * 50)
        server.client.lpush("half:queue", number)
    server.kill()
    server.cut_log(10)  # bytes: of the last command
    server.start()

    stored = len(server.client.keys("half:job:*"))
    halves = stored - server.client.llen("half:queue")
    tally.control(TAIL, f"{halves} half stored by two commands")
    assert halves
