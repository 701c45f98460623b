"""What is decided about the time between the watermark and now. No clock, no database."""

from datetime import timedelta

import pytest

from scheduler import At, Cron, Every
from scheduler.choices import CatchUp, Outcome, Overlap, Reason
from scheduler.planner import Standing, plan, refuse
from tests.scheduler.places import HOUR, MINUTE, at

HOURLY = Cron("0 * * * *", timezone="UTC")
ON_TIME = timedelta(seconds=60)


def decide(trigger=HOURLY, *, since, now, **policies):
    return plan(Standing(watermark=since, **policies), trigger, now=now, on_time=ON_TIME)


def told(planned):
    return [(each.due_at, each.reason or str(each.outcome)) for each in planned.decisions]


def test_nothing_due_moves_only_the_watermark():
    planned = decide(since=at(8, 1), now=at(8, 30))

    assert planned.decisions == ()
    assert (planned.watermark, planned.next_due_at) == (at(8, 30), at(9))


def test_the_watermark_itself_is_decided_and_now_is_due():
    planned = decide(since=at(8), now=at(9))

    assert told(planned) == [(at(9), "enqueued")]


def test_a_clock_that_was_set_back_decides_nothing():
    planned = decide(since=at(9), now=at(8))

    assert planned.decisions == ()
    assert (planned.watermark, planned.next_due_at) == (at(9), at(10))


def test_a_job_knows_its_neighbours():
    job = decide(since=at(8), now=at(9, 0, 3)).decisions[0]

    assert (job.previous, job.next) == (at(8), at(10))
    assert not job.is_catch_up


def test_late_by_more_than_a_minute_is_a_catch_up():
    assert not decide(since=at(8), now=at(9, 1)).decisions[0].is_catch_up
    assert decide(since=at(8), now=at(9, 1, 1)).decisions[0].is_catch_up


def test_an_at_is_due_once():
    once = At(at(9))

    assert told(decide(once, since=at(8), now=at(12))) == [(at(9), "enqueued")]
    assert decide(once, since=at(8), now=at(12)).next_due_at is None
    assert decide(once, since=at(9), now=at(12)).decisions == ()


class TestLatest:
    def test_the_newest_runs_and_the_older_are_one_row(self):
        older, newest = decide(since=at(0), now=at(9, 30)).decisions

        assert (older.due_at, older.until_at, older.count) == (at(1), at(8), 8)
        assert older.reason == Reason.COALESCED
        assert (newest.due_at, newest.outcome) == (at(9), Outcome.ENQUEUED)

    def test_what_is_older_than_the_window_is_too_late(self):
        planned = decide(since=at(0), now=at(9, 30), catch_up_window=timedelta(hours=3))

        assert told(planned) == [
            (at(1), "missed_window"),
            (at(7), "coalesced"),
            (at(9), "enqueued"),
        ]

    def test_the_edge_of_the_window_is_inside(self):
        planned = decide(since=at(8), now=at(10), catch_up_window=HOUR)

        assert told(planned) == [(at(9), "coalesced"), (at(10), "enqueued")]

    def test_all_may_be_too_late(self):
        planned = decide(since=at(0), now=at(9, 30), catch_up_window=timedelta(minutes=5))

        assert told(planned) == [(at(1), "missed_window")]
        assert planned.decisions[0].count == 9


class TestAll:
    def test_each_runs(self):
        planned = decide(since=at(5), now=at(9, 30), catch_up=CatchUp.ALL)

        assert told(planned) == [(at(hour), "enqueued") for hour in (6, 7, 8, 9)]
        assert [each.is_catch_up for each in planned.decisions] == [True] * 4

    def test_the_newest_up_to_the_limit_run(self):
        planned = decide(since=at(0), now=at(9, 30), catch_up=CatchUp.ALL, catch_up_limit=2)

        assert told(planned) == [(at(1), "capped"), (at(8), "enqueued"), (at(9), "enqueued")]
        assert (planned.decisions[0].until_at, planned.decisions[0].count) == (at(7), 7)

    def test_window_and_limit_together(self):
        planned = decide(
            since=at(0),
            now=at(9),
            catch_up=CatchUp.ALL,
            catch_up_limit=1,
            catch_up_window=timedelta(hours=2),
        )

        assert told(planned) == [(at(1), "missed_window"), (at(7), "capped"), (at(9), "enqueued")]

    def test_the_neighbours_of_each(self):
        first, second = decide(since=at(7), now=at(9), catch_up=CatchUp.ALL).decisions

        assert (first.previous, first.next) == (at(7), at(9))
        assert (second.previous, second.next) == (at(8), at(10))


class TestSkip:
    def test_what_was_missed_is_recorded_and_does_not_run(self):
        planned = decide(since=at(0), now=at(9, 30), catch_up=CatchUp.SKIP)

        assert told(planned) == [(at(1), "missed_window")]
        assert planned.decisions[0].until_at == at(9)

    def test_what_is_on_time_runs(self):
        planned = decide(since=at(0), now=at(9, 0, 59), catch_up=CatchUp.SKIP)

        assert told(planned) == [(at(1), "missed_window"), (at(9), "enqueued")]


class TestPause:
    def test_one_row_for_all_of_it(self):
        planned = decide(since=at(0), now=at(9), paused=True)

        assert told(planned) == [(at(1), "paused")]
        assert (planned.decisions[0].until_at, planned.watermark) == (at(9), at(9))

    def test_it_ends_by_itself(self):
        planned = decide(since=at(0), now=at(9), paused=True, paused_until=at(7, 30))

        assert told(planned) == [(at(1), "paused"), (at(8), "coalesced"), (at(9), "enqueued")]


class TestOverlap:
    def test_a_busy_schedule_skips(self):
        assert told(decide(since=at(8), now=at(9), busy=True)) == [(at(9), "overlap")]

    def test_unless_it_may_overlap(self):
        planned = decide(since=at(8), now=at(9), busy=True, overlap=Overlap.ALLOW)

        assert told(planned) == [(at(9), "enqueued")]

    def test_jobs_that_catch_up_queue_up_instead(self):
        late = decide(since=at(6), now=at(9), busy=True, catch_up=CatchUp.ALL)
        on_time = decide(since=at(8), now=at(9), busy=True, catch_up=CatchUp.ALL)

        assert told(late) == [(at(7), "enqueued"), (at(8), "enqueued"), (at(9), "enqueued")]
        assert told(on_time) == [(at(9), "overlap")]


def test_refusing_covers_everything():
    planned = refuse(HOURLY, after=at(0), until=at(9, 30), reason=Reason.REPLACED)

    assert told(planned) == [(at(1), "replaced")]
    assert (planned.decisions[0].until_at, planned.watermark) == (at(9), at(9, 30))


@pytest.mark.parametrize("trigger", [Every(minutes=1), Cron("* * * * *", timezone="UTC")])
@pytest.mark.parametrize("catch_up", list(CatchUp))
def test_decisions_cover_each_due_time_once(trigger, catch_up):
    planned = decide(
        trigger,
        since=at(0),
        now=at(5, 0, 30),
        catch_up=catch_up,
        catch_up_limit=7,
        catch_up_window=timedelta(hours=2),
        paused=True,
        paused_until=at(1, 30),
    )

    due = [at(0) + number * MINUTE for number in range(1, 301)]
    covered = [
        [each for each in planned.decisions if each.due_at <= m <= each.until_at] for m in due
    ]
    assert [len(found) for found in covered] == [1] * 300


def test_refusing_decides_nothing_twice_when_the_clock_was_set_back():
    planned = refuse(HOURLY, after=at(9), until=at(8), reason=Reason.REPLACED)

    assert planned.decisions == ()
    assert (planned.watermark, planned.next_due_at) == (at(9), at(10))


def test_what_was_due_before_the_pause_began_is_no_skip_of_it():
    planned = decide(since=at(8), now=at(10, 5), paused=True, paused_since=at(9, 30))

    assert told(planned) == [(at(9), "enqueued"), (at(10), "paused")]


@pytest.mark.parametrize("window", [timedelta(0), timedelta(milliseconds=1)])
def test_what_is_on_time_is_never_missed_however_short_the_window(window):
    planned = decide(since=at(8), now=at(9, 0, 30), catch_up_window=window)

    assert told(planned) == [(at(9), "enqueued")]
    late = decide(since=at(8), now=at(9, 1, 1), catch_up_window=window)
    assert told(late) == [(at(9), "missed_window")]


def test_what_is_due_as_a_pause_ends_runs():
    planned = decide(since=at(8), now=at(10), paused=True, paused_until=at(10))
    later = decide(since=at(8), now=at(10, 0, 5), paused=True, paused_until=at(10))

    assert told(planned) == told(later) == [(at(9), "paused"), (at(10), "enqueued")]
