"""
RFC 72's before and after: how long an editor waits for "Publish", with a hook that takes long.

    python -m tests.benchmarks.wagtail [--pages 50] [--delay 0.2] [--rounds 30]

The hook indexes the pages and asks a server on 127.0.0.1, which answers after the delay. In one
process, in turns: no hook, the hook in the request, and the same with ``background=True``, whose
jobs run between the requests. Prints the median of a request and of a job, in milliseconds.
"""

from __future__ import annotations

import argparse
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle, permutations
from statistics import median
from typing import Any

from tests.benchmarks.scratch import scratch_site
from tests.benchmarks.turns import Times, timed

HOOK = "after_publish_page"


def main(pages: int, delay: float, rounds: int) -> None:
    site = scratch_site("tests.wagtail_site.settings")
    with site as settings, slow_server(delay) as settings.CACHE_TO_PURGE:
        report(measured(pages, rounds))


@contextmanager
def slow_server(delay: float) -> Iterator[str]:
    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(delay)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def measured(pages: int, rounds: int) -> Times:
    """Return the seconds of each request of each way, and of the jobs."""
    import wagtail.hooks

    from tasks_core.contrib.wagtail import hooks
    from tests.wagtail_site.home.slow import reindex_section_and_purge

    hooks.get_hooks(HOOK)  # finds those of the site, of which this one shall not hear
    registered = wagtail.hooks._hooks
    publish = publisher(pages)
    ways: dict[str, dict[str, Any] | None] = {
        "no hook": None,
        "in the request": {},
        "in the background": {"background": True},
    }
    times: Times = {way: [] for way in [*ways, "its job"]}
    for number, turns in zip(range(rounds + 1), cycle(permutations(ways)), strict=False):
        for way in turns:
            registered[HOOK] = []
            if (options := ways[way]) is not None:
                hooks.register(HOOK, reindex_section_and_purge, **options)
            took, job_took = timed(publish), timed(run_jobs)
            if number:  # the first warms up
                times[way].append(took)
                times["its job"] += [job_took] if way == "in the background" else []
    return times


def publisher(pages: int) -> Callable[[], None]:
    """Return what presses "Publish", as somebody who may, on one of so many pages."""
    from django.contrib.auth.models import User
    from django.test import Client
    from django.urls import reverse
    from wagtail.models import Page

    from tests.wagtail_site.forms import of_page
    from tests.wagtail_site.home.models import ArticlePage

    root = Page.objects.get(depth=1)
    for number in range(pages):
        page = root.add_child(instance=ArticlePage(title=f"Tea {number}", body="Sencha " * 200))
    client = Client()
    client.force_login(User.objects.create_superuser("ann"))
    run_jobs()

    def publish() -> None:
        form = of_page(page, "Gyokuro " * 200) | {"action-publish": "1"}
        answer = client.post(reverse("wagtailadmin_pages:edit", args=[page.pk]), form)
        assert answer.status_code == 302, answer.context["form"].errors

    return publish


def run_jobs() -> None:
    from tasks_core import job_backends
    from tasks_core.models import Job
    from tasks_core.processes.worker import Worker

    Worker(job_backends["default"]).drain()
    assert not Job.objects.exclude(state="successful").exists()
    Job.objects.all().delete()


def report(times: Times) -> None:
    for way, seconds in times.items():
        print(f"{way:20}{median(seconds) * 1000:8.1f} ms")  # noqa: T201
    waited, waits = times["in the request"], times["in the background"]
    ratio = median(before / after for before, after in zip(waited, waits, strict=True))
    print(f"with background=True the request takes 1/{ratio:.1f} of the time")  # noqa: T201


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=50)
    parser.add_argument("--delay", type=float, default=0.2)
    parser.add_argument("--rounds", type=int, default=30)
    main(**vars(parser.parse_args()))
