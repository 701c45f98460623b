"""Every test here begins with a process that has not ticked, and leaves no thread of it behind."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler

from scheduler.ticks.pulse import pulse
from tests.scheduler.ticks import site
from tests.tasks_core.races import eventually

THREADS = {"tick", "jobs"}


@pytest.fixture(autouse=True)
def ticking_site(settings):
    settings.ROOT_URLCONF = site.__name__
    settings.SCHEDULER = {"TICK_SECRET": site.SECRET}
    pulse.__init__()
    yield
    eventually(lambda: THREADS.isdisjoint(each.name for each in threading.enumerate()))
    pulse.__init__()


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def served() -> Iterator[Callable[[], str]]:
    """
    Return a function that serves the site as it is set up now, once, and returns its address.

    pytest-django's live_server is there for all tests, with the middleware of the first.
    """
    servers: list[ThreadedWSGIServer] = []

    def start() -> str:
        if not servers:
            server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
            server.set_app(WSGIHandler())
            threading.Thread(target=server.serve_forever, daemon=True).start()
            servers.append(server)
        return f"http://127.0.0.1:{servers[0].server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
