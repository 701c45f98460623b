"""Fire and forget: what the site sends, to itself and to nobody else."""

import http.server
import logging
import threading

import pytest
from django.test import Client

from scheduler.models import Occurrence
from scheduler.testing import only_declared
from scheduler.ticks.post import TickFailed, post
from scheduler.ticks.pulse import ECHO, beat, pulse
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at
from tests.scheduler.ticks import site
from tests.tasks_core.races import eventually


class Elsewhere(http.server.ThreadingHTTPServer):
    """A server that notes what it is asked, and answers with one status."""

    def __init__(self, status, location=None):
        super().__init__(("127.0.0.1", 0), Noting)
        self.status, self.location, self.asked = status, location, []
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/tick/?by=itself"


class Noting(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.server.asked.append((self.path, dict(self.headers)))
        self.send_response(self.server.status)
        if self.server.location:
            self.send_header("Location", self.server.location)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *args):
        pass


@pytest.fixture
def elsewhere():
    servers = []

    def start(*args):
        servers.append(Elsewhere(*args))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def forgets(settings):
    """Let the middleware send ticks to ``url``."""
    settings.MIDDLEWARE = site.MIDDLEWARE

    def to(url):
        settings.SCHEDULER |= {"TICK_REQUESTS": "fire-and-forget", "TICK_URL": url}

    return to


@pytest.mark.django_db(transaction=True)
def test_a_visitor_makes_the_site_tick_itself(forgets, served, settings):
    forgets(f"{served()}tick/")
    with FrozenClock(at(8, 30)) as clock, only_declared(site.TEA):
        assert site.post().status_code == 200
        clock.move_to(at(9))
        pulse.at = 0.0

        # Whatever the visitor calls the site.
        assert Client(headers={"Host": "evil.example"}).get("/").content == b"a page"

        assert eventually(Occurrence.objects.exists)
        assert eventually(lambda: not pulse._is_beating)


def test_what_is_sent(forgets, elsewhere):
    server = elsewhere(200)
    forgets(server.url)

    post()

    [(path, headers)] = server.asked
    assert path == "/tick/?by=itself"
    assert headers["Content-Length"] == "0"
    resigned = site.headers(time=headers["X-Tick-Time"], nonce_=headers["X-Tick-Nonce"], path=path)
    assert headers["X-Tick-Signature"] == resigned["X-Tick-Signature"]


def test_a_redirection_is_not_followed(forgets, elsewhere):
    other = elsewhere(200)
    server = elsewhere(308, other.url)
    forgets(server.url)

    with pytest.raises(TickFailed, match="308"):
        post()

    assert (len(server.asked), other.asked) == (1, [])


@pytest.mark.parametrize("status", [200, 202, 429])
def test_answers_that_are_no_trouble(forgets, elsewhere, status):
    server = elsewhere(status)
    forgets(server.url)

    post()

    assert len(server.asked) == 1


@pytest.mark.parametrize("status", [301, 403, 404, 405, 500, 502])
def test_answers_that_are(forgets, elsewhere, status):
    forgets(elsewhere(status).url)

    with pytest.raises(TickFailed, match=str(status)):
        post()


def test_nothing_is_sent_without_an_address(settings):
    settings.SCHEDULER |= {"TICK_REQUESTS": "fire-and-forget"}

    with pytest.raises(TickFailed, match="TICK_URL"):
        post()


@pytest.mark.django_db(transaction=True)
def test_a_site_that_does_not_hear_itself_says_so_once(forgets, caplog):
    forgets("http://127.0.0.1:1/tick/")
    client = Client()
    with FrozenClock(at(8, 30)) as clock, only_declared(site.TEA):
        assert site.post().status_code == 200
        clock.move_to(at(9))
        for _ in range(3):
            pulse.at = 0.0
            assert client.get("/").content == b"a page"
            assert eventually(lambda: not pulse._is_beating)

    told = [each for each in caplog.records if each.levelno >= logging.ERROR]
    assert len(told) == 1
    assert "No tick could be sent to http://127.0.0.1:1/tick/" in told[0].message
    assert told[0].exc_info is None
    assert site.SECRET not in caplog.text


@pytest.mark.django_db
def test_it_does_not_answer_itself_again_and_again(forgets, elsewhere):
    server = elsewhere(202)
    forgets(server.url)
    with FrozenClock(at(8, 30)) as clock, only_declared(site.TEA):
        beat()
        clock.move_to(at(9))

        assert beat() == ECHO
        assert len(server.asked) == 1
