"""``sign-tick``: the command that sends one signed tick."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from scheduler import conf
from scheduler.exceptions import SchedulerError
from scheduler.management.desk import Desk, add_verb
from scheduler.ticks.signing import curl, signed_headers

EXAMPLES = """
It is good for five minutes, and once: to try the address. What signs each time anew, for a cron
service, is in "Tick by URL" of the documentation.

examples:
  schedules sign-tick | sh
  schedules sign-tick --url https://shop.example/tick/ --format json

Exit codes: 0 done, 2 SCHEDULER["TICK_SECRET"] or the address is missing.
"""


def add_to(verbs: Any) -> None:
    words = "a curl command that ticks once, by URL"
    parser: ArgumentParser = add_verb(verbs, "sign-tick", words, do=sign_tick, examples=EXAMPLES)
    parser.add_argument("--url", help='default: SCHEDULER["TICK_URL"]')


def sign_tick(desk: Desk, options: Namespace) -> int:
    tuning = conf.tuning()
    url = options.url or tuning.tick_url
    if tuning.tick_secret is None:
        raise SchedulerError('SCHEDULER["TICK_SECRET"] is not set, so no tick by URL is accepted.')
    if url is None:
        raise SchedulerError('Say where: --url, or SCHEDULER["TICK_URL"].')
    headers = signed_headers(tuning.tick_secret[0], url)
    desk.say({"url": url, "method": "POST", "headers": headers}, curl(url, headers))
    return 0
