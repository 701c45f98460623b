"""Gates, runs that are counted, and due times that wait: what is decided then."""

from datetime import timedelta
from itertools import pairwise, takewhile

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import Cron, Every
from scheduler.choices import CatchUp, Outcome, Overlap, Reason
from scheduler.due.gates import Always, Gate, Open, Windows
from scheduler.planner import Standing, plan
from scheduler.planner.plan import MOST
from scheduler.triggers import due_times
from tests.scheduler.places import MINUTE, at
from tests.scheduler.test_planner import HOURLY, ON_TIME, decide, told


def closed(*windows, reason=Reason.MAINTENANCE):
    return (Gate(reason, Windows(windows)),)


class TestGates:
    def test_what_is_due_behind_a_gate_is_skipped_for_its_reason(self):
        planned = decide(since=at(8), now=at(9), gates=closed((at(8, 30), at(9, 30))))

        assert told(planned) == [(at(9), "maintenance")]

    def test_the_newest_open_due_time_runs_and_others_are_told_apart(self):
        planned = decide(since=at(0), now=at(9), gates=closed((at(3), at(5)), (at(9), None)))

        assert told(planned) == [
            (at(1), "coalesced"),
            (at(3), "maintenance"),
            (at(5), "coalesced"),
            (at(8), "enqueued"),
            (at(9), "maintenance"),
        ]

    def test_the_end_of_a_window_is_outside_and_its_begin_inside(self):
        gates = closed((at(8), at(9)))

        assert told(decide(since=at(7), now=at(9), gates=gates)) == [
            (at(8), "maintenance"),
            (at(9), "enqueued"),
        ]

    def test_each_of_all_has_its_reason(self):
        planned = decide(
            since=at(4), now=at(9), catch_up=CatchUp.ALL, gates=closed((at(6), at(7, 30)))
        )

        assert told(planned) == [
            (at(5), "enqueued"),
            (at(6), "maintenance"),
            (at(8), "enqueued"),
            (at(9), "enqueued"),
        ]

    def test_a_gate_that_never_opens_costs_one_row(self):
        planned = decide(
            Every(seconds=1),
            since=at(0),
            now=at(0, days=700),
            gates=(Gate("environment", Always()),),
        )

        assert [(each.reason, each.count) for each in planned.decisions] == [
            ("environment", 700 * 86_400)
        ]

    def test_the_first_gate_that_is_shut_gives_the_reason(self):
        gates = (*closed((at(8), None), reason="maintenance"), Gate("calendar", Always()))

        assert told(decide(since=at(6), now=at(8), gates=gates)) == [
            (at(7), "calendar"),
            (at(8), "maintenance"),
        ]

    def test_a_trigger_behind_gates_is_due_where_all_are_open(self):
        open_ = Open(HOURLY, closed((at(8), at(10)), (at(11), at(12))))

        assert open_.next_after(at(7)) == at(10)
        assert open_.next_after(at(10)) == at(12)

    def test_behind_a_gate_that_stays_shut_it_never_is(self):
        assert Open(HOURLY, closed((at(8), None))).next_after(at(8)) is None


def test_windows_that_touch_are_one():
    windows = Windows([(at(9), at(10)), (at(8), at(9)), (at(9, 30), at(11)), (at(12), None)])

    assert [windows.excludes(at(hour)) for hour in range(7, 14)] == [
        *(False, True, True, True, False, True, True)
    ]
    assert windows.next_change(at(8)) == at(11)
    assert windows.next_change(at(12)) is None


class TestRuns:
    def test_after_the_last_run_nothing_is_due(self):
        planned = decide(since=at(8), now=at(9), runs_left=1)

        assert told(planned) == [(at(9), "enqueued")]
        assert planned.next_due_at is None

    def test_what_comes_behind_the_last_run_has_ended(self):
        planned = decide(since=at(4), now=at(9), runs_left=2, catch_up=CatchUp.ALL)

        assert told(planned) == [(at(5), "enqueued"), (at(6), "enqueued"), (at(7), "ended")]
        assert (planned.decisions[-1].until_at, planned.next_due_at) == (at(9), None)

    def test_a_skip_is_no_run(self):
        planned = decide(since=at(8), now=at(9), runs_left=1, busy=True)

        assert (told(planned), planned.next_due_at) == ([(at(9), "overlap")], at(10))

    def test_without_runs_left_all_of_it_has_ended(self):
        planned = decide(since=at(0), now=at(9), runs_left=0)

        assert told(planned) == [(at(1), "ended")]
        assert planned.next_due_at is None


class TestQueueOne:
    def test_while_the_previous_job_runs_it_is_not_decided(self):
        planned = decide(since=at(8), now=at(9), busy=True, overlap=Overlap.QUEUE_ONE)

        assert (planned.decisions, planned.waits) == ((), True)
        assert at(8) <= planned.watermark < at(9) < planned.next_due_at

    def test_when_that_has_ended_the_oldest_runs(self):
        planned = decide(
            since=at(9) - timedelta(microseconds=1),
            now=at(11, 30),
            waiting=True,
            overlap=Overlap.QUEUE_ONE,
        )

        assert told(planned) == [(at(9), "enqueued"), (at(10), "overlap")]
        assert (planned.decisions[1].until_at, planned.waits) == (at(11), False)

    def test_it_goes_on_waiting(self):
        planned = decide(
            since=at(8, 59), now=at(11, 30), waiting=True, busy=True, overlap=Overlap.QUEUE_ONE
        )

        assert (planned.decisions, planned.waits) == ((), True)

    def test_what_is_older_than_the_one_that_waits_is_recorded(self):
        planned = decide(since=at(5), now=at(9), busy=True, overlap=Overlap.QUEUE_ONE)

        assert told(planned) == [(at(6), "coalesced")]
        assert planned.decisions[0].until_at == at(8)
        assert at(8) < planned.watermark < at(9)

    def test_what_waited_is_not_missed(self):
        planned = decide(
            since=at(8, 59),
            now=at(20),
            waiting=True,
            overlap=Overlap.QUEUE_ONE,
            catch_up=CatchUp.SKIP,
        )

        assert told(planned)[0] == (at(9), "enqueued")

    def test_before_its_circumstances_change_it_does_not_wait(self):
        planned = decide(
            since=at(8), now=at(9), busy=True, overlap=Overlap.QUEUE_ONE, may_wait=False
        )

        assert (told(planned), planned.waits) == ([(at(9), "overlap")], False)

    def test_a_pause_begins_with_everything_decided(self):
        planned = decide(
            since=at(8),
            now=at(11),
            paused=True,
            paused_since=at(9, 30),
            busy=True,
            overlap=Overlap.QUEUE_ONE,
        )

        assert told(planned) == [(at(9), "overlap"), (at(10), "paused")]


class TestCancelPrevious:
    def test_a_job_is_made_and_the_other_is_to_go(self):
        planned = decide(since=at(8), now=at(9), busy=True, overlap=Overlap.CANCEL_PREVIOUS)

        assert (told(planned), planned.cancels) == ([(at(9), "enqueued")], True)

    def test_nothing_goes_for_nothing(self):
        idle = decide(since=at(8), now=at(9), overlap=Overlap.CANCEL_PREVIOUS)
        not_due = decide(since=at(8), now=at(8, 5), busy=True, overlap=Overlap.CANCEL_PREVIOUS)

        assert not idle.cancels
        assert not not_due.cancels

    def test_jobs_that_catch_up_end_none(self):
        planned = decide(
            since=at(6),
            now=at(9),
            busy=True,
            overlap=Overlap.CANCEL_PREVIOUS,
            catch_up=CatchUp.ALL,
        )

        assert not planned.cancels


def test_what_is_too_much_for_one_plan_is_planned_next():
    gates = closed(*[(at(0, 2 * n), at(0, 2 * n + 1)) for n in range(MOST)])

    planned = decide(Every(minutes=1), since=at(0), now=at(20), gates=gates)

    assert len(planned.decisions) == MOST
    assert planned.watermark == planned.decisions[-1].until_at
    assert planned.next_due_at == planned.watermark + MINUTE


moments = st.integers(min_value=0, max_value=12 * 60).map(lambda minutes: at(0, minutes))
spans = st.integers(min_value=0, max_value=300).map(lambda minutes: timedelta(minutes=minutes))


@st.composite
def windows(draw):
    found = draw(st.lists(st.tuples(moments, spans | st.none()), max_size=4))
    return [(begin, None if span is None else begin + span) for begin, span in found]


@st.composite
def standings(draw):
    paused = draw(st.booleans())
    return Standing(
        watermark=at(0),
        catch_up=draw(st.sampled_from(CatchUp)),
        catch_up_limit=draw(st.integers(1, 9)),
        catch_up_window=draw(spans | st.none()),
        overlap=draw(st.sampled_from(Overlap)),
        runs_left=draw(st.integers(0, 5) | st.none()),
        gates=tuple(
            Gate(reason, Windows(draw(windows()))) for reason in (Reason.CALENDAR, "maintenance")
        ),
        paused=paused,
        paused_since=draw(moments | st.none()) if paused else None,
        paused_until=draw(moments | st.none()) if paused else None,
        busy=draw(st.booleans()),
        may_wait=draw(st.booleans()),
    )


@settings(max_examples=400, deadline=None)
@given(
    standing=standings(),
    now=moments,
    trigger=st.sampled_from([HOURLY, Every(minutes=7), Cron("*/20 * * * *", timezone="UTC")]),
)
def test_every_due_time_until_the_watermark_is_decided_once_whatever_the_policies(
    standing, now, trigger
):
    planned = plan(standing, trigger, now=now, on_time=ON_TIME)

    due = takewhile(lambda due_at: due_at <= planned.watermark, due_times(trigger, at(0)))
    decided = list(due)
    covered = [
        [each for each in planned.decisions if each.due_at <= m <= each.until_at] for m in decided
    ]
    assert [len(found) for found in covered] == [1] * len(decided)
    assert sum(each.count for each in planned.decisions) == len(decided)
    assert planned.watermark <= max(now, at(0))
    if not planned.waits:
        assert planned.watermark == max(now, at(0))
    if planned.next_due_at is not None:
        assert planned.next_due_at > planned.watermark
    jobs = [each for each in planned.decisions if each.outcome == Outcome.ENQUEUED]
    assert not any(gate.closed.excludes(job.due_at) for job in jobs for gate in standing.gates)
    assert standing.runs_left is None or len(jobs) <= standing.runs_left
    reasons = [each.reason for each in planned.decisions]
    assert not any(a and a == b for a, b in pairwise(reasons))
