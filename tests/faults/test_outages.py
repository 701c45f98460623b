"""
S3: no scheduler runs for a minute, 61 minutes, 26 hours and 40 days.

Whoever starts then decides all that was due meanwhile, by each schedule's policy: the ledger
holds exactly the rows, and the jobs, that arithmetic of its own says.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from django.conf import settings

from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock
from tests.faults.kit import oracle
from tests.faults.kit.ledger import assert_balanced, audit
from tests.faults.kit.tally import size

COPIES = size(1, 17)  # of each rhythm with each policy: 510 in the long form
SINCE = datetime(2026, 3, 10, 12, 0, 30, tzinfo=UTC)
OUTAGES = (
    timedelta(minutes=1),
    timedelta(minutes=61),
    timedelta(hours=26),
    timedelta(days=40),
)
REASONS = {"skip": "missed_window", "latest": "coalesced", "all": "capped"}
LIMIT, ON_TIME = 100, timedelta(seconds=60)
START_UP, GROWTH = 5, 25  # seconds; MiB, from 26 hours, when many limits are reached, to 40 days
SCENARIO = "S3 outages"

pytestmark = pytest.mark.django_db(transaction=True)


def entries():
    """Return a schedule for each rhythm, policy and copy."""
    return {
        f"{oracle.key(rhythm)} {policy} {copy}": {
            **oracle.schedule(len(oracle.RHYTHMS))[oracle.key(rhythm)],
            "catch_up": policy,
            "catch_up_limit": LIMIT,
        }
        for rhythm in range(len(oracle.RHYTHMS))
        for policy in REASONS
        for copy in range(COPIES)
    }


def expected(key):
    """Return the rows that the ledger must have: from, until, how many, and what became of them."""
    rows = []
    moments = [SINCE]
    for outage in OUTAGES:
        moments.append(moments[-1] + outage)
    policy = key.split()[-2]
    for before, now in pairwise(moments):
        for row in decided(oracle.due(key, after=before, until=now), policy, now):
            if rows and row[3] == rows[-1][3] != "":
                first, _, count, reason = rows.pop()  # a skip that goes on
                row = (first, row[1], count + row[2], reason)  # noqa: PLW2901
            rows.append(row)
    return rows


def decided(due, policy, now) -> Iterator[tuple[datetime, datetime, int, str]]:
    kept = {
        "all": due[-LIMIT:],
        "latest": due[-1:],
        "skip": [at for at in due[-1:] if now - at <= ON_TIME],
    }[policy]
    if left_out := due[: len(due) - len(kept)]:
        yield left_out[0], left_out[-1], len(left_out), REASONS[policy]
    yield from ((at, at, 1, "") for at in kept)


def recorded(key, told):
    """Return the same of what is recorded; a number that nobody counted is what it should be."""
    rows = Occurrence.objects.filter(schedule_key=key).order_by("due_at")
    counts = {row[:2]: row[2] for row in told}
    return [
        (row.due_at, row.until_at, row.count or counts.get((row.due_at, row.until_at)), row.reason)
        for row in rows
    ]


def amiss():
    """Return the keys of the schedules whose rows are not what they must be."""
    wanted = {}
    for key in entries():
        rule = key.rsplit(maxsplit=1)[0]  # its copies are as it is
        wanted[key] = wanted.get(rule) or expected(key)
        wanted.setdefault(rule, wanted[key])
    return [key for key in entries() if recorded(key, wanted[key]) != wanted[key]]


def test_the_ledger_has_what_each_policy_says(manage_process, tally):
    extra = {
        "SCHEDULE": entries(),
        "INSTALLED_APPS": [*settings.INSTALLED_APPS, "tests.faults"],
        "SILENCED_SYSTEM_CHECKS": ["tasks_scheduler.W004"],
    }
    command = ["come_back_after", SINCE.isoformat(), *map(str, OUTAGES)]
    child = manage_process(*command, settings=extra)
    assert child.wait(timeout=600) == 0
    told = [json.loads(line) for line in child.output.splitlines() if line.startswith("{")]

    books = audit()
    slowest = max(each["seconds"] for each in told)
    grown = told[-1]["mib"] - told[-2]["mib"]
    tally.row(
        SCENARIO,
        f"{len(entries())} schedules after 1 min, 61 min, 26 h and 40 days, {books.due} due: "
        f"{books.jobs} jobs, {books.skipped} skipped; the slowest start took {slowest:.1f} s, "
        f"40 days took {grown:.0f} MiB more than 26 hours",
        lost=len(books.lost),
        surplus=len(books.duplicate) + len(books.extra) + len(books.torn),
    )
    assert amiss() == []
    assert_balanced(books)
    assert len(told) == len(OUTAGES)
    assert slowest <= size(60, START_UP)
    assert grown <= GROWTH


def test_a_timer_that_begins_anew_is_found_out(tally):
    with only_declared(entries()):
        with FrozenClock(SINCE):
            Scheduler().run_once()
        with FrozenClock(SINCE + sum(OUTAGES[:3], timedelta())) as clock:
            # What is due next is counted from now, as schedulers do that keep it in memory.
            Schedule.objects.update(watermark=clock.moment, next_due_at=None)

    books = audit()
    tally.control(SCENARIO, f"{len(books.lost)} lost of {books.due} by a timer that begins anew")
    assert amiss()
    with pytest.raises(AssertionError, match="lost"):
        assert_balanced(books)
