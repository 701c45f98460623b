"""Ticks by requests: after the response, free when nothing is due, and no harm if they fail."""

import logging
import threading
import timeit
from urllib.request import urlopen

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.db import OperationalError, connection
from django.db.backends.signals import connection_created
from django.test import Client, RequestFactory

from scheduler.models import Occurrence, Schedule
from scheduler.testing import only_declared
from scheduler.ticks import TickMiddleware
from scheduler.ticks.pulse import beat, pulse
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at
from tests.scheduler.ticks.site import EACH_SECOND, MIDDLEWARE, TEA, post
from tests.tasks_core.races import eventually

ALLOWED = threading.Event()
SEEN = {}


def arguments_when_allowed():
    """Compute a schedule's arguments, in a tick, once the test allows it."""
    SEEN["thread"] = threading.current_thread().name
    assert ALLOWED.wait(120)
    return {}


HELD_UP = {"tea": {**TEA["tea"], "kwargs": arguments_when_allowed}}


@pytest.fixture
def ticking(settings):
    settings.MIDDLEWARE = MIDDLEWARE


@pytest.fixture
def due(transactional_db, ticking):
    """Return a function that lets a schedule be due, and whose tick waits until ALLOWED is set."""
    ALLOWED.clear()
    SEEN.clear()
    with FrozenClock(at(8, 30)) as clock, only_declared(HELD_UP):
        assert post().status_code == 200
        clock.move_to(at(9))
        pulse.at = 0.0
        yield
        ALLOWED.set()
        assert eventually(lambda: not pulse._is_beating)


def is_decided():
    return Occurrence.objects.exists()


# When it ticks.


@pytest.mark.django_db(transaction=True)
def test_the_response_does_not_wait_for_the_tick(due, served):
    with urlopen(served()) as response:
        assert (response.status, response.read()) == (200, b"a page")
    with urlopen(served()) as response:  # nor does the next one
        assert response.status == 200

    assert eventually(lambda: SEEN) == {"thread": "tick"}
    assert not is_decided()
    ALLOWED.set()
    assert eventually(is_decided)


@pytest.mark.django_db(transaction=True)
def test_it_ticks_when_a_server_closes_the_response_and_not_before(due):
    ALLOWED.set()
    environ = RequestFactory()._base_environ(PATH_INFO="/")

    response = WSGIHandler()(environ, lambda status, headers: None)
    assert b"".join(response) == b"a page"
    assert not pulse._is_beating
    assert pulse.is_time()

    response.close()
    assert eventually(is_decided)
    assert SEEN == {"thread": "tick"}


@pytest.mark.django_db(transaction=True)
def test_it_ticks_under_asgi(due):
    async def get():
        scope = {"type": "http", "method": "GET", "path": "/", "headers": [], "query_string": b""}
        site = ApplicationCommunicator(ASGIHandler(), {**scope, "asgi": {"version": "3.0"}})
        await site.send_input({"type": "http.request"})
        start, body = [await site.receive_output(10) for _ in range(2)]
        await site.wait(10)
        return start["status"], body["body"]

    assert async_to_sync(get)() == (200, b"a page")

    assert eventually(lambda: SEEN) == {"thread": "tick"}
    assert not is_decided()
    ALLOWED.set()
    assert eventually(is_decided)


@pytest.mark.django_db(transaction=True)
def test_many_requests_start_one_tick(due):
    client = Client()

    for _ in range(20):
        assert client.get("/").status_code == 200

    ticks = [each for each in threading.enumerate() if each.name == "tick"]
    assert len(ticks) == 1
    ALLOWED.set()
    assert eventually(is_decided)


@pytest.mark.django_db(transaction=True)
def test_the_first_request_of_a_process_writes_its_declarations(ticking):
    with FrozenClock(at(8)), only_declared(TEA):
        Client().get("/")

        assert eventually(lambda: Schedule.objects.filter(key="tea").exists())
        assert eventually(lambda: not pulse._is_beating)


@pytest.mark.django_db(transaction=True)
def test_a_site_with_visitors_needs_nothing_else(ticking):
    client = Client()
    with only_declared(EACH_SECOND):
        assert eventually(lambda: client.get("/") and Occurrence.objects.count() >= 3)

    due = list(Occurrence.objects.filter(outcome="enqueued").values_list("due_at", flat=True))
    assert len(due) == len(set(due))


@pytest.mark.django_db
def test_it_looks_again_when_something_is_due_or_after_a_while(settings):
    settings.SCHEDULER |= {"TICK_LOOK_SECONDS": 20}
    with FrozenClock(at(8, 59)) as clock, only_declared(TEA):
        assert beat() == 20  # somebody else may have made a schedule meanwhile
        clock.move_to(at(8, 59, 50))
        assert beat() == 10
        clock.move_to(at(9))
        assert beat() == 20
        assert is_decided()


def arguments_that_take_a_minute():
    SEEN["clock"].move_to(at(9, 1))
    return {}


@pytest.mark.django_db
def test_what_became_due_during_a_tick_is_looked_at_at_once():
    minutely = {**TEA["tea"], "cron": "* * * * *", "kwargs": arguments_that_take_a_minute}
    with FrozenClock(at(8, 59, 30)) as clock, only_declared({"tea": minutely}):
        SEEN["clock"] = clock
        beat()
        clock.move_to(at(9))

        assert beat() == 0
        assert is_decided()


@pytest.mark.django_db
def test_what_only_others_can_do_is_looked_at_now_and_then():
    with FrozenClock(at(8, 30)) as clock, only_declared(TEA):
        beat()
        Schedule.objects.update(task="nowhere.tea")
        clock.move_to(at(9))

        assert beat() == 30


# What it costs.


@pytest.mark.django_db
def test_a_request_asks_nothing_while_nothing_is_due(ticking, django_assert_num_queries):
    client = Client()
    pulse.rest(60)
    before = set(threading.enumerate())

    with django_assert_num_queries(0):
        assert client.get("/").content == b"a page"

    assert set(threading.enumerate()) <= before


@pytest.mark.django_db(transaction=True)
def test_the_database_is_asked_by_a_request_when_it_is_time(due):
    """The assertion above notices queries: the same request, when a look is due."""
    ALLOWED.set()
    asked = []
    connection_created.connect(
        opened := lambda **kwargs: asked.append(threading.current_thread().name)
    )
    Client().get("/")

    assert eventually(is_decided)
    assert "tick" in asked
    connection_created.disconnect(opened)


@pytest.mark.django_db
def test_what_a_request_pays_while_nothing_is_due(capsys, django_assert_num_queries):
    request, response, times = object(), object(), 200_000
    middleware = TickMiddleware(lambda request: response)
    bare = lambda request: response  # noqa: E731
    pulse.rest(600)
    before = set(threading.enumerate())

    with django_assert_num_queries(0):
        paid = min(timeit.repeat(lambda: middleware(request), number=times, repeat=5))
    without = min(timeit.repeat(lambda: bare(request), number=times, repeat=5))

    with capsys.disabled():
        print(f"\nan idle request pays {(paid - without) / times * 1e6:.2f} µs, and no query")  # noqa: T201
    assert middleware(request) is response
    assert set(threading.enumerate()) <= before  # nor a thread; one of another test may end


# What goes wrong.


@pytest.mark.django_db(transaction=True)
def test_a_tick_that_fails_breaks_no_response_and_is_told_once(ticking, caplog):
    def away(connection, **kwargs):
        if threading.current_thread().name == "tick":
            raise OperationalError("the database is away")

    client = Client()
    connection_created.connect(away)
    try:
        for _ in range(3):
            pulse.at = 0.0
            assert client.get("/").content == b"a page"
            assert eventually(lambda: not pulse._is_beating)
    finally:
        connection_created.disconnect(away)
    told = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert len(told) == 1
    assert "no tick after a request: the database cannot be used" in told[0].message

    with FrozenClock(at(8)), only_declared(TEA):
        pulse.at = 0.0
        client.get("/")
        assert eventually(lambda: Schedule.objects.filter(key="tea").exists())


@pytest.mark.django_db(transaction=True)
def test_no_thread_to_be_had_breaks_no_response(ticking, caplog, monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)

    assert Client().get("/").content == b"a page"

    assert "can't start new thread" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_it_ticks_after_a_page_that_fails(due, settings):
    settings.ROOT_URLCONF = "tests.scheduler.ticks.broken_urls"
    client = Client(raise_request_exception=False)
    ALLOWED.set()

    assert client.get("/").status_code == 500
    assert eventually(is_decided)


@pytest.mark.django_db(transaction=True)
def test_it_is_not_in_the_transaction_of_the_request(due, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    ALLOWED.set()

    assert Client().get("/").status_code == 200
    assert eventually(is_decided)


@pytest.mark.django_db
def test_a_tick_by_url_is_followed_by_none(ticking):
    with FrozenClock(at(8)), only_declared(TEA):
        pulse.at = 0.0
        assert post().status_code == 200

    assert not pulse._is_beating
    assert not pulse.is_time()


@pytest.mark.django_db
def test_it_can_be_switched_off(settings, ticking):
    settings.SCHEDULER = {"TICK_REQUESTS": None}

    assert Client().get("/").content == b"a page"

    assert not pulse._is_beating
    assert pulse.at == 0
