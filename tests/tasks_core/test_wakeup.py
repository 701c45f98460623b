"""A sleeping worker hears of commits: on every database in its way, and after every outage."""

import logging
import queue
import threading
from uuid import uuid4

import pytest
from django.db import connection, connections, transaction

from tasks_core import job_backends
from tasks_core.backends.database.wakeup import telling as sending
from tasks_core.backends.database.wakeup.listening import listener
from tasks_core.backends.database.wakeup.telling import DEFERRED, ask_for_cancel, wake_after_commit
from tasks_core.processes.worker import Worker
from tasks_core.processes.worker.threads import Threads
from tasks_core.processes.worker.wakeup import FIRST_PAUSE, LIVE_POLLS, WakeUp
from tasks_core.wakes import CannotListen, Wake
from tests.app.models import Effect
from tests.tasks_core.pooler import Pooler

pytestmark = pytest.mark.django_db(transaction=True)

on_postgresql = pytest.mark.vendor("postgresql")
on_sqlite = pytest.mark.vendor("sqlite")

ME = uuid4()
SOON = 60  # seconds after which a test gives up


@pytest.fixture(autouse=True)
def _nothing_was_sent():
    sending._sent.clear()


@pytest.fixture
def ears():
    """Return a function that starts a wake-up; its ``heard`` is a queue of what it heard."""
    started = []

    def start(listens=None, **options):
        heard = queue.SimpleQueue()
        listens = listens or listener("default", queues=["tea"], owner=lambda: ME)
        ears = WakeUp(listens, on_wake=options.get("on_wake", heard.put), begin=Threads(0).borrow)
        ears.heard = heard
        started.append(ears)
        ears.start()
        return ears

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def live(ears):
    """Return a wake-up that listens."""
    live = ears()
    assert live.heard.get(timeout=SOON) is Wake.EVERYTHING
    return live


def end_listening_session():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE pid <> pg_backend_pid() AND datname = current_database() "
            "AND state = 'idle' AND query = 'SELECT pg_backend_pid()'"
        )
        assert cursor.fetchall() == [(True,)]


def write(name="a row"):
    return Effect.objects.create(name=name)


class Script:
    """A listener that hears what a test says, and goes through what a test wants."""

    def __init__(self, *, echo=0.0, outages=0, refusal=None):
        self.echo = echo
        self.outages = outages
        self.refusal = refusal
        self.said = queue.SimpleQueue()
        self.opened = 0
        self.closed = 0
        self.expected_more = 0

    def open(self):
        self.opened += 1
        if self.refusal:
            raise CannotListen(self.refusal)
        if self.opened <= self.outages:
            raise ConnectionError("the database is away")

    def wait(self, seconds):
        try:
            said = self.said.get(timeout=min(seconds, SOON))
        except queue.Empty:
            return Wake.NOTHING
        if isinstance(said, Exception):
            raise said
        return said

    def expect_more(self):
        self.expected_more += 1

    def interrupt(self):
        self.said.put(Wake.NOTHING)

    def close(self):
        self.closed += 1


# PostgreSQL.


@on_postgresql
def test_a_notification_of_its_queue_wakes_it(live):
    wake_after_commit("default", ["tea"])

    assert live.heard.get(timeout=SOON) is Wake.JOBS


@on_postgresql
def test_what_concerns_others_wakes_it_not(live):
    wake_after_commit("default", ["coffee"])
    ask_for_cancel("default", [uuid4()])
    wake_after_commit("default", [DEFERRED])

    assert live.heard.get(timeout=SOON) is Wake.DEFERRED


@on_postgresql
def test_it_hears_who_wants_a_job_of_its_stopped(live):
    ask_for_cancel("default", [ME])

    assert live.heard.get(timeout=SOON) is Wake.CANCEL


@on_postgresql
def test_who_serves_all_queues_hears_of_each(ears):
    live = ears(listener("default", queues=None, owner=lambda: ME))
    live.heard.get(timeout=SOON)

    wake_after_commit("default", ["coffee"])

    assert live.heard.get(timeout=SOON) is Wake.JOBS


@on_postgresql
def test_what_was_not_told_is_found_by_a_second_look(ears):
    looks, live = queue.SimpleQueue(), threading.Event()

    def look(heard):
        if heard is Wake.EVERYTHING:
            live.set()
        elif heard is Wake.JOBS:
            count = Effect.objects.count()
            if not count:
                # Another process commits now and holds its tongue: it has just told us.
                write()
            looks.put(count)
            connections.close_all()

    ears(on_wake=look)
    assert live.wait(SOON)
    wake_after_commit("default", ["tea"])

    assert [looks.get(timeout=SOON), looks.get(timeout=SOON)] == [0, 1]


@on_postgresql
def test_without_a_second_look_it_waits_for_the_poll(ears):
    looks, live = queue.SimpleQueue(), threading.Event()

    def look(heard):
        if heard is Wake.EVERYTHING:
            live.set()
        elif heard is Wake.JOBS:
            looks.put(Effect.objects.count())
            write()
            connections.close_all()
        elif heard is Wake.DEFERRED:
            looks.put("the end")

    hasty = listener("default", queues=["tea"], owner=lambda: ME)
    hasty.echo = 0.0
    ears(hasty, on_wake=look)
    assert live.wait(SOON)
    wake_after_commit("default", ["tea"])
    assert looks.get(timeout=SOON) == 0
    wake_after_commit("default", [DEFERRED])

    assert looks.get(timeout=SOON) == "the end"
    assert Effect.objects.count() == 1  # and nobody has seen it


@on_postgresql
def test_a_session_that_was_ended_is_replaced(live):
    end_listening_session()

    # Once because it must poll from now on, once for what was missed.
    assert live.heard.get(timeout=SOON) is Wake.EVERYTHING
    assert live.heard.get(timeout=SOON) is Wake.EVERYTHING
    assert live.is_live
    wake_after_commit("default", ["tea"])
    assert live.heard.get(timeout=SOON) is Wake.JOBS


@on_postgresql
@pytest.mark.parametrize("version", ["2.9.10 (dt dec pq3 ext lo64)", "3.1.20"])
def test_with_an_older_psycopg_it_polls(ears, monkeypatch, caplog, version):
    caplog.set_level(logging.INFO, "tasks_core")
    monkeypatch.setattr(connection.Database, "__version__", version)

    deaf = ears()
    assert deaf.ended.wait(SOON)

    assert not deaf.is_live
    assert f"psycopg {version} is in use" in caplog.text


@on_postgresql
def test_behind_a_pooler_that_passes_nothing_on_it_polls(ears, monkeypatch, caplog):
    settings = connection.settings_dict
    pooler = Pooler(
        host=settings["HOST"],
        port=int(settings["PORT"]),
        user=settings["USER"],
        database=settings["NAME"],
    )
    caplog.set_level(logging.INFO, "tasks_core")
    with monkeypatch.context() as patch:
        patch.setitem(connections.settings["default"], "HOST", "127.0.0.1")
        patch.setitem(connections.settings["default"], "PORT", str(pooler.port))
        deaf = ears()
        assert deaf.ended.wait(SOON)
    pooler.close()

    assert not deaf.is_live
    assert deaf.heard.empty()
    [said] = [each.message for each in caplog.records]
    assert "the connection pooler does not pass notifications on" in said


@on_postgresql
def test_a_pool_is_not_asked_for_a_connection_that_it_would_never_get_back(ears, monkeypatch):
    options = connections.settings["default"].get("OPTIONS", {}) | {"pool": {"max_size": 1}}
    with monkeypatch.context() as patch:
        patch.setitem(connections.settings["default"], "OPTIONS", options)
        live = ears()
        assert live.heard.get(timeout=SOON) is Wake.EVERYTHING
        assert connection._connection_pools == {}

    wake_after_commit("default", ["tea"])
    assert live.heard.get(timeout=SOON) is Wake.JOBS


# SQLite.


@on_sqlite
def test_a_commit_of_another_connection_wakes_it(live):
    write()

    assert live.heard.get(timeout=SOON) is Wake.EVERYTHING


@on_sqlite
def test_an_open_or_undone_transaction_does_not(live):
    listens = live.listener
    live.stop()
    listens._interrupted.clear()
    listens.open()
    with transaction.atomic():
        write()
        transaction.set_rollback(True)
        assert listens.wait(0.05) is Wake.NOTHING
    assert listens.wait(0.05) is Wake.NOTHING

    write()
    assert listens.wait(SOON) is Wake.EVERYTHING
    listens.close()


@on_sqlite
def test_a_commit_is_seen_also_where_nobody_tells_of_writes(live):
    listens = live.listener
    live.stop()
    listens._interrupted.clear()
    listens.open()
    listens._written.close()
    listens._written = None

    write()

    assert listens.wait(SOON) is Wake.EVERYTHING
    listens.close()


@on_sqlite
def test_a_database_in_memory_is_polled(ears, monkeypatch, caplog):
    caplog.set_level(logging.INFO, "tasks_core")
    with monkeypatch.context() as patch:
        patch.setitem(connections.settings["default"], "NAME", ":memory:")
        deaf = ears()
        assert deaf.ended.wait(SOON)

    assert not deaf.is_live
    assert "the database is in memory" in caplog.text


# Elsewhere.


@pytest.mark.vendor("mysql")
def test_where_nobody_tells_it_polls():
    deaf = WakeUp(
        listener("default", queues=None, owner=lambda: ME), on_wake=print, begin=Threads(0).borrow
    )

    deaf.start()

    assert deaf.listener is None
    assert not deaf.is_live
    deaf.stop()


# Everywhere.


def test_it_connects_again_until_it_can(ears, monkeypatch, caplog):
    monkeypatch.setattr("tasks_core.processes.worker.wakeup.FIRST_RETRY", 0.01)
    script = Script(outages=3)

    live = ears(script)

    assert live.heard.get(timeout=SOON) is Wake.EVERYTHING
    assert (script.opened, script.closed) == (4, 3)
    assert caplog.text.count("the wake-up connection broke") == 3


def test_a_lost_connection_is_told_to_the_worker_which_sleeps_too_long(ears, monkeypatch):
    monkeypatch.setattr("tasks_core.processes.worker.wakeup.FIRST_RETRY", SOON)
    script = Script()
    live = ears(script)
    assert live.heard.get(timeout=SOON) is Wake.EVERYTHING
    assert live.is_live

    script.said.put(ConnectionError("gone"))

    assert live.heard.get(timeout=SOON) is Wake.EVERYTHING
    assert not live.is_live


def test_however_much_is_heard_the_worker_is_called_twice(ears):
    script = Script(echo=3.0)
    for _ in range(100):
        script.said.put(Wake.JOBS)
    script.said.put(Wake.DEFERRED)

    live = ears(script)

    assert live.heard.get(timeout=SOON) is Wake.EVERYTHING
    assert live.heard.get(timeout=SOON) is Wake.JOBS
    assert live.heard.get(timeout=SOON) == Wake.JOBS | Wake.DEFERRED


def test_it_ends_when_it_is_told(ears):
    live = ears()
    if live.listener is not None:
        live.heard.get(timeout=SOON)

    live.stop()

    assert live.ended.is_set()


def test_while_it_listens_the_worker_looks_seldom(ears, settings):
    settings.TASKS_CORE = {"POLL": 3, "LEASE": 600}
    live = ears(Script())
    assert live.heard.get(timeout=SOON)

    assert live.longest_wait(found_work=False) == 3 * LIVE_POLLS
    assert live.longest_wait(found_work=True) == 3 * LIVE_POLLS
    assert live.listener.expected_more == 1


def test_while_it_does_not_the_worker_looks_less_and_less_often(settings):
    settings.TASKS_CORE = {"POLL": 0.1}
    deaf = WakeUp(None, on_wake=print, begin=Threads(0).borrow)

    waits = [deaf.longest_wait(found_work=found) for found in [True, *[False] * 5, True]]

    assert waits == pytest.approx([0.02, 0.03, 0.045, 0.0675, 0.1, 0.1, FIRST_PAUSE])


def test_a_worker_may_be_told_how_often_instead_of_the_setting(settings):
    settings.TASKS_CORE = {"POLL": 60}
    worker = Worker(job_backends["default"], poll=0.1)

    assert worker.lookout.wake_up.longest_wait(found_work=False) == 0.1
