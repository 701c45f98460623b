"""
S10: between schedulers and their database lies a network that is slow, drops connections in the
middle of a transaction, and falls silent without a word.
"""

from threading import Event

import pytest
from django.db import connection
from django.db.models import Max

from scheduler.models import Occurrence, Schedule
from tasks_core.models import Job
from tests.faults.kit import load
from tests.faults.kit.havoc import Havoc
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.network import Network
from tests.faults.kit.tally import size
from tests.tasks_core.races import eventually

PROCESSES = 2
SECONDS = size(3, 60)  # that the network is bad
# In the long form a question and its answer take up to two seconds, and one such exchange in
# twenty ends its connection. To connect and take a turn is some twenty of them.
LATENCY = size(0.05, 1.0)  # of a question, and of an answer, at most
RESETS = size(0.02, 0.025)  # of the questions, and of the answers
SILENCE = size(2, 60)  # seconds, beyond every limit of ours in the long form
LATE = 15  # seconds that others may be late meanwhile
SCENARIO, SILENT = "S10 bad network", "S10 silent network"

pytestmark = [
    pytest.mark.vendor("postgresql", "mysql"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture
def network():
    """Return a function that lays a network to the database."""
    laid = []

    def lay(**weather):
        at = connection.settings_dict
        target = at["HOST"] or "127.0.0.1", int(at["PORT"])
        laid.append(Network(target, **weather))
        return laid[-1]

    yield lay
    for each in laid:
        each.close()


@pytest.fixture
def weather(network, fast):
    """Let schedulers, or what is called one, live with a bad network; return it and the books."""

    def run(command):
        assert fast("run_scheduler", "--once").wait() == 0
        bad = network(latency=LATENCY, resets=RESETS)
        processes = Havoc(lambda: fast(command, **bad.place), number=PROCESSES)
        processes.begin()
        before = Job.objects.count()
        eventually(lambda: Job.objects.count() > before, seconds=size(120, 900))
        Event().wait(SECONDS)  # the weather's own time
        bad.heal()
        before = Job.objects.count()
        if command == "run_scheduler":
            eventually(lambda: Job.objects.count() > before)
            processes.hear("schedules ")
            assert processes.end() == [0] * PROCESSES
            assert fast("run_scheduler", "--once").wait() == 0
        for process in processes.processes:
            process.end()
        return bad, audit()

    return run


def test_nothing_is_lost_or_repeated_when_connections_end(weather, tally):
    bad, books = weather("run_scheduler")

    tally.due(SCENARIO, f"{bad.cut} connections cut, answers up to {2 * LATENCY} s late", books)
    assert Schedule.objects.exclude(error="").count() == 0
    assert_balanced(books)
    assert bad.cut


def test_two_steps_are_found_out_in_the_same_weather(weather, tally):
    bad, books = weather("run_two_steps")

    wrong = f"{len(books.lost)} lost, {len(books.duplicate)} surplus, {len(books.torn)} torn"
    tally.control(SCENARIO, f"{wrong} after {bad.cut} cuts in two steps")
    with pytest.raises(AssertionError):
        assert_balanced(books)


@pytest.fixture
def silence(network, fast):
    """Let one of some schedulers hear nothing for a while; return the books and the lateness."""

    def run(*others):
        assert fast("run_scheduler", "--once").wait() == 0
        line = network()
        deaf = fast("run_scheduler", **line.place)
        well = [fast(command) for command in others]
        eventually(lambda: len(recorders()) == 1 + len(well))
        began = Occurrence.objects.aggregate(last=Max("recorded_at"))["last"]
        line.fall_silent()
        Event().wait(SILENCE)  # the fault's own time
        line.heal()
        mine = Occurrence.objects.filter(recorded_by=name_of(deaf))
        before = mine.count()
        eventually(lambda: mine.count() > before)
        made = Occurrence.objects.filter(outcome="enqueued", due_at__gte=began)
        late = max(row.recorded_at - row.due_at for row in made)
        assert [child.stop() for child in (deaf, *well)] == [0] * (1 + len(well))
        assert fast("run_scheduler", "--once").wait() == 0
        return audit(), (late / load.SPEED).total_seconds()

    return run


def test_who_hears_nothing_holds_nobody_up(silence, tally):
    books, late = silence("run_scheduler")

    done = f"one of two hears nothing for {SILENCE} s, the other records within {late:.1f} s"
    tally.due(SILENT, done, books)
    assert_balanced(books)
    assert late <= size(60, LATE)


@pytest.mark.vendor(*size((), ("postgresql", "mysql")))
def test_who_is_alone_is_late(silence, tally):
    books, late = silence()

    tally.control(SILENT, f"recorded within {late:.1f} s when nobody else is there")
    assert_balanced(books)
    assert late > LATE


def recorders():
    return set(
        Occurrence.objects.exclude(recorded_by__startswith="pid").values_list(
            "recorded_by", flat=True
        )
    )


def name_of(child):
    """Return the name under which a scheduler records."""
    return next(name for name in recorders() if f":{child.pid}:" in name)
