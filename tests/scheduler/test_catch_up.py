"""A long sleep costs milliseconds and leaves a handful of rows."""

from datetime import timedelta
from time import thread_time

import pytest

from scheduler import Cron, Every
from scheduler.choices import CatchUp
from scheduler.models import Occurrence, Schedule
from scheduler.planner import Standing, plan
from tasks_core.models import Job
from tests.scheduler.places import at, declare, ledger, tick

ASLEEP = [timedelta(days=40), timedelta(days=730)]
EACH_MINUTE = [Cron("* * * * *", timezone="Europe/London"), Every(minutes=1)]


@pytest.mark.parametrize("asleep", ASLEEP, ids=["40 days", "2 years"])
@pytest.mark.parametrize("trigger", EACH_MINUTE, ids=["cron", "every"])
@pytest.mark.parametrize("catch_up", list(CatchUp))
def test_planning_takes_milliseconds_and_finds_the_true_newest(trigger, catch_up, asleep):
    now = at(12, 0, 30)
    standing = Standing(watermark=now - asleep, catch_up=catch_up, catch_up_limit=100)

    seconds, planned = timed(
        lambda: plan(standing, trigger, now=now, on_time=timedelta(seconds=60))
    )

    assert planned.decisions[-1].due_at == at(12)
    assert planned.decisions[0].due_at == now - asleep + timedelta(seconds=30)
    assert len(planned.decisions) == (101 if catch_up == CatchUp.ALL else 2)
    # Walking through two years of minutes takes half a minute, of this thread's own time.
    assert seconds < 1.0


def test_an_interval_is_counted_without_a_walk():
    standing = Standing(watermark=at(12) - timedelta(days=730))

    planned = plan(standing, Every(minutes=1), now=at(12), on_time=timedelta(seconds=60))

    assert planned.decisions[0].count == 730 * 24 * 60 - 1


@pytest.mark.django_db
@pytest.mark.parametrize("asleep", ASLEEP, ids=["40 days", "2 years"])
def test_a_long_sleep_leaves_a_handful_of_rows(asleep):
    declare(at(12) - asleep, cron="* * * * *")

    tick(at(12, 0, 30))

    assert [words for _, words in ledger()] == ["coalesced", "enqueued"]
    assert ledger()[-1][0] == at(12)
    assert Job.objects.count() == 1
    assert Job.objects.get().context["is_catch_up"] is False


@pytest.mark.django_db
def test_all_makes_a_job_for_each_up_to_the_limit():
    declare(at(0), cron="*/10 * * * *", catch_up="all", catch_up_limit=5)

    tick(at(3))

    assert ledger() == [
        (at(0, 10), "capped"),
        *((at(2, minute), "enqueued") for minute in (20, 30, 40, 50)),
        (at(3), "enqueued"),
    ]
    capped = Occurrence.objects.get(reason="capped")
    assert (capped.until_at, capped.count) == (at(2, 10), 13)
    assert Job.objects.filter(context__is_catch_up=True).count() == 4


@pytest.mark.django_db
def test_skip_records_what_was_missed():
    declare(at(0), catch_up="skip")

    tick(at(9, 30))

    assert ledger() == [(at(1), "missed_window")]
    assert Job.objects.count() == 0
    assert Schedule.objects.get().next_due_at == at(10)


def timed(work):
    began = thread_time()
    result = work()
    return thread_time() - began, result
