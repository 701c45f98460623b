"""Moved, against moving every due time of weeks by hand."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import At, Cron, Every, Moved, Weekly
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import due_times
from tests.scheduler import trigger_oracle as oracle
from tests.scheduler.trigger_strategies import places, rules_at, triggers_in

WEEKEND = {"weekdays": ["SAT", "SUN"], "timezone": "UTC"}
REACH = timedelta(days=30)


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def by_hand(trigger, rules, direction, *, zone, after, until):
    """Every moved due time in (after, until], from the due times of weeks around."""
    around = takewhile(lambda due_at: due_at <= until + REACH, due_times(trigger, after - REACH))
    step = {"next": 1, "previous": -1}[direction]
    moved = {oracle.target(due_at, rules, zone=zone, step=step) for due_at in around}
    return sorted(due_at for due_at in moved if due_at and after < due_at <= until)


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_is_moved_is_where_moving_by_hand_puts_it(data):
    name, near = data.draw(places)
    trigger = data.draw(triggers_in(name))
    rules = data.draw(rules_at(near))
    direction = data.draw(st.sampled_from(["next", "previous"]))
    after = near + timedelta(minutes=data.draw(st.integers(-4 * 1440, 2 * 1440)))
    moved = Moved(trigger, rules, direction)
    until = after + timedelta(days=4)

    found = list(takewhile(lambda due_at: due_at <= until, islice(due_times(moved, after), 60)))

    expected = by_hand(trigger, rules, direction, zone=moved.zone, after=after, until=until)
    assert found == expected[: len(found)]
    assert len(found) == min(len(expected), 60)


def careless(trigger, calendar, moment):
    """Move only the next due time, and forget those that come from before ``moment``."""
    due_at = trigger.next_after(moment)
    return oracle.target(due_at, calendar, zone=ZoneInfo("UTC"), step=1)


def test_who_forgets_what_is_moved_over_a_moment_is_noticed():
    """Asked on Monday at eight, Saturday's nine o'clock is due at nine."""
    saturdays = Cron("0 9 * * SAT", "UTC")
    after, until = at("2026-11-23T08:00"), at("2026-11-24T08:00")

    expected = by_hand(saturdays, WEEKEND, "next", zone=ZoneInfo("UTC"), after=after, until=until)

    assert expected == [at("2026-11-23T09:00")]
    assert Moved(saturdays, WEEKEND, "next").next_after(after) == expected[0]
    assert careless(saturdays, WEEKEND, after) != expected[0]


@pytest.mark.parametrize(
    ("trigger", "direction", "expected"),
    [
        (Cron("0 9 * * *", "UTC"), "next", ["11-20", "11-23", "11-24"]),  # three fall together
        (Cron("0 9 * * *", "UTC"), "previous", ["11-20", "11-23", "11-24"]),
        (Weekly("SAT", at="09:00", timezone="UTC"), "next", ["11-23", "11-30", "12-07"]),
        (Weekly("SUN", at="09:00", timezone="UTC"), "previous", ["11-20", "11-27", "12-04"]),
        (At(at("2026-11-21T09:00")), "previous", ["11-20"]),
        (At(at("2026-11-21T09:00")), "next", ["11-23"]),
        (At(at("2026-11-20T09:00")), "next", ["11-20"]),
    ],
    ids=str,
)
def test_over_a_weekend(trigger, direction, expected):
    found = islice(due_times(Moved(trigger, WEEKEND, direction), at("2026-11-19T12:00")), 3)
    assert [f"{due_at:%m-%d}" for due_at in found] == expected


def test_it_is_due_before_the_trigger_when_that_is_where_it_goes():
    """The 15th of August 2026 is a Saturday: paid on Friday, and Monday is not due again."""
    pay = Moved(Cron("0 8 15 * *", "UTC"), WEEKEND, "previous")
    assert pay.next_after(at("2026-08-01")) == at("2026-08-14T08:00")
    assert pay.next_after(at("2026-08-14T08:00")) == at("2026-09-15T08:00")


def test_a_year_is_the_farthest():
    day = At(at("2026-01-01T09:00"))
    for last, expected in (("2027-01-01", at("2027-01-02T09:00")), ("2027-01-02", None)):
        closed = {"ranges": [("2026-01-01", last)], "timezone": "UTC"}
        assert Moved(day, closed, "next").next_after(at("2025-12-01")) == expected


def test_the_wall_time_stays_when_clocks_change_in_between():
    closed = {"ranges": [("2026-03-27", "2026-03-29")], "timezone": "Europe/Berlin"}
    night = At(datetime(2026, 3, 27, 9), timezone="Europe/Berlin")
    assert Moved(night, closed, "next").next_after(at("2026-03-01")) == at("2026-03-30T07:00")


@pytest.mark.parametrize("direction", ["next", "previous"])
def test_where_nothing_is_allowed_nothing_is_due(direction):
    everything = {"weekdays": ["MON", "TUE", "WED", "THU", "FRI"], "also": [WEEKEND]}
    assert Moved(Every(seconds=1), everything, direction).next_after(at("2026-01-01")) is None


def test_other_directions_are_refused():
    with pytest.raises(InvalidTrigger, match="Did you mean 'next'"):
        Moved(Every(hours=1), WEEKEND, "nxt")
