"""Backfill: jobs for due times that are over, however often it is interrupted and repeated."""

from datetime import timedelta

import pytest

from scheduler.exceptions import OperationRefused
from scheduler.models import Calendar, Occurrence, Schedule
from scheduler.operations import backfill, gaps
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.app.models import Effect
from tests.scheduler.operations.places import act, actions, acts, contexts, make, standing
from tests.scheduler.places import HOUR, at, ledger, tick

pytestmark = pytest.mark.django_db

TONIGHT = at(20)
CONTEXT = "tests.app.tasks.leave_context"


def fill(moment=TONIGHT, **options):
    """Fill the gaps of the small hours, unless told otherwise."""
    return act("backfill", moment, "tea", **{"since": at(1), "until": at(6), **options})


def hours(rows=None):
    rows = Occurrence.objects.exclude(batch="") if rows is None else rows
    return sorted(row.due_at.hour for row in rows)


def test_a_job_for_each_due_time_later_than_since_until_the_end():
    make(at(8))

    done = fill(reason="the import was late")

    assert hours() == [2, 3, 4, 5, 6]
    assert (done.enqueued, len(done.due), done.recorded) == (5, 5, 0)
    assert [told["scheduled_for"] for told in contexts()] == [
        at(hour).isoformat() for hour in range(2, 7)
    ]
    assert {told["is_backfill"] for told in contexts()} == {True}
    assert acts()[-1] == ("backfill", "ada", "tea", "the import was late")
    assert actions()[-1].details["due"] == 5


def test_the_jobs_run_and_their_ends_are_in_the_ledger():
    make(at(8), task=CONTEXT)
    fill()

    drain()

    assert {told["is_backfill"] for told in Effect.objects.values_list("payload", flat=True)} == {
        True
    }
    assert set(Occurrence.objects.values_list("job_state", flat=True)) == {"successful"}


def leaves_the_schedule_as_it_was(verb):
    make(at(8))
    tick(at(9))
    before = standing()

    verb()

    assert standing() == before
    tick(at(10))
    assert (at(10), "enqueued") in ledger()


def test_the_schedule_stays_as_it_was():
    leaves_the_schedule_as_it_was(fill)


def test_a_backfill_that_shifts_is_noticed():
    def shifting():
        fill()
        Schedule.objects.update(watermark=at(10), next_due_at=at(11))

    with pytest.raises(AssertionError):
        leaves_the_schedule_as_it_was(shifting)


def makes_nothing_twice(again):
    make(at(8))
    fill()

    again()

    assert Job.objects.count() == 5


def test_to_repeat_it_makes_nothing():
    makes_nothing_twice(fill)


def test_a_repetition_that_makes_something_is_noticed(monkeypatch):
    monkeypatch.setattr(gaps, "unmade", lambda key, due, **options: due)

    with pytest.raises(AssertionError):
        makes_nothing_twice(lambda: fill(since=at(1, 30)))


def test_an_interrupted_one_is_completed(monkeypatch):
    make(at(8))
    monkeypatch.setattr("scheduler.operations.gaps.PAGE", 2)
    monkeypatch.setitem(backfill.__globals__, "CHUNK", 2)
    told = []

    def interrupt(count):
        told.append(count)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(progress=interrupt)
    assert hours() == [2, 3, 4, 5]
    done = fill(progress=told.append)

    assert hours() == [2, 3, 4, 5, 6]
    assert (done.enqueued, done.recorded) == (1, 4)
    assert told == [2, 2, 1]


def test_what_became_a_job_before_is_left_out():
    make(at(1))
    tick(at(3))  # the one of two o'clock is coalesced

    done = fill(moment=at(3, 30), until=at(3))

    assert (hours(), done.recorded) == ([2], 1)


def test_unless_it_is_wanted_again():
    make(at(1))
    tick(at(3))

    fill(moment=at(3, 30), until=at(3), again=True)
    fill(moment=at(3, 40), until=at(3), again=True)

    assert hours() == [2, 3]


def test_each_job_knows_its_neighbours():
    make(at(8))
    fill(since=at(2), until=at(4))
    fill()

    told = [(each["previous"], each["scheduled_for"], each["next"]) for each in contexts()]
    assert told == [
        tuple(at(hour + beside).isoformat() for beside in (-1, 0, 1)) for hour in range(2, 7)
    ]


def test_a_stretch_that_overlaps_another_makes_only_the_rest():
    make(at(8))
    fill(until=at(4))

    done = fill(since=at(2), until=at(6))

    assert hours() == [2, 3, 4, 5, 6]
    assert (done.enqueued, done.recorded) == (2, 2)


def test_a_dry_run_only_tells():
    make(at(8))

    done = fill(dry_run=True)

    assert done.due == [at(hour) for hour in range(2, 7)]
    assert (ledger(), [verb for verb, *_ in acts()]) == ([], ["create"])


def test_what_is_not_decided_yet_is_left_to_the_schedulers():
    make(at(8))

    done = fill(since=at(6), until=at(11), moment=at(11, 30))

    assert (hours(), done.until) == ([7, 8], at(8))
    tick(at(11, 30))
    assert ledger()[2:] == [(at(9), "coalesced"), (at(11), "enqueued")]


def test_of_a_schedule_at_rest_everything_is_decided():
    make(at(8), enabled=False)

    fill(since=at(6), until=at(11), moment=at(10, 30))

    assert hours() == [7, 8, 9, 10]


def test_the_oldest_so_many():
    make(at(8))

    assert fill(limit=2).enqueued == 2
    assert hours() == [2, 3]
    fill(limit=2)
    assert hours() == [2, 3, 4, 5]


def test_a_rate_lets_them_start_one_after_the_other():
    make(at(8))

    done = fill(rate="10/m")

    starts = list(Job.objects.order_by("run_after").values_list("run_after", flat=True))
    assert starts == [at(20) + n * timedelta(seconds=6) for n in range(5)]
    assert max(done.starts.values()) == starts[-1]


def test_what_is_made_later_starts_behind_what_was_made_before():
    make(at(8))
    fill(rate="1/h", limit=3)

    fill(rate="1/h", moment=at(21))

    starts = list(Job.objects.order_by("run_after").values_list("run_after", flat=True))
    assert starts == [at(20) + n * HOUR for n in range(5)]


def test_a_calendar_counts_unless_told_otherwise():
    Calendar.objects.create(
        name="night", rules={"windows": [["2026-03-10T00:00+00:00", "2026-03-10T04:30+00:00"]]}
    )
    make(at(8), calendar="night")

    assert (fill().excluded, hours()) == (3, [5, 6])
    assert fill(ignore_calendar=True).enqueued == 3
    assert hours() == [2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("options", "error", "why"),
    [
        ({"since": at(6), "until": at(6)}, OperationRefused, "is not before until"),
        ({"since": None}, OperationRefused, "needs since="),
        ({"rate": "often"}, InvalidCall, "rate must be a number"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(options, error, why):
    make(at(8))

    with pytest.raises(error, match=why):
        fill(**options)


def test_too_much_is_refused(monkeypatch):
    make(at(8))
    monkeypatch.setattr(gaps, "MOST", 4)
    monkeypatch.setattr(gaps, "PAGE", 2)

    with pytest.raises(OperationRefused, match="More than 4 due times"):
        fill()
    assert fill(limit=4).enqueued == 4


def test_a_task_that_is_gone_is_told_before_anything_is_made():
    make(at(8))
    Schedule.objects.update(task="nowhere.tea")

    with pytest.raises(OperationRefused, match="cannot run"):
        fill(dry_run=True)
