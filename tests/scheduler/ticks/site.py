"""A site that ticks by URL and by requests: its URLs, and how it is asked."""

import threading

from django.http import HttpResponse
from django.test import Client
from django.urls import include, path

from scheduler.ticks.signing import signature
from tasks_core import background, clock
from tests.app.tasks import leave_effect

SECRET = "a secret of at least thirty-two characters"
OTHER = "another secret of at least thirty-two characters"
URL = "/tick/"
TEA = {"tea": {"task": "tests.app.tasks.nothing", "cron": "0 * * * *"}}
EACH_SECOND = {"tea": {"task": "tests.app.tasks.nothing", "every": 1, "overlap": "allow"}}
MIDDLEWARE = ["scheduler.ticks.TickMiddleware"]


def page(request):
    return HttpResponse("a page")


def store_a_job(request):
    background.enqueue(leave_effect, ["from a view"])
    return HttpResponse("stored")


def no_arguments():
    raise RuntimeError("boom")


urlpatterns = [
    path("", page),
    path("store/", store_a_job),
    path("tick/", include("scheduler.ticks.urls")),
    path("elsewhere/tick/", include("scheduler.ticks.urls", namespace="elsewhere")),
]

_numbers = iter(range(10**9))
_one_at_a_time = threading.Lock()


def nonce():
    with _one_at_a_time:
        return f"nonce-{next(_numbers):016}-{threading.get_ident()}"[:64]


def headers(secret=SECRET, *, time=None, off=0, nonce_=None, method="POST", path=URL, body=b""):
    """Return the headers of a request that was signed ``off`` seconds from now."""
    time = str(int(clock.now().timestamp()) + off) if time is None else time
    once = nonce_ or nonce()
    signed = signature(secret, time=time, nonce=once, method=method, path=path, body=body)
    return {"X-Tick-Time": time, "X-Tick-Nonce": once, "X-Tick-Signature": signed}


def post(url=URL, *, body=b"", **signed):
    """Send a tick to ``url``; what is signed may be something else."""
    return send(headers(**{"path": url, "body": body, **signed}), url, body=body)


def send(given, url=URL, *, body=b"", method="POST"):
    """Send these headers, as a stranger's browser would; Client.post() always has a body."""
    client = Client(enforce_csrf_checks=True)
    return client.generic(method, url, body, headers=given)
