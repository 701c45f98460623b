"""Questions about due times, against the answer of walking through all of them."""

from datetime import timedelta
from itertools import islice, takewhile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler import Cron, Every
from scheduler.due.questions import last_due, newest_due, number_due, previous_due
from scheduler.triggers import due_times
from tests.scheduler.places import at

TRIGGERS = [
    Every(minutes=1),
    Every(seconds=7),
    Cron("* * * * *", timezone="UTC"),
    Cron("*/7 3,4 * * *", timezone="UTC"),
    Cron("* * 10 3 *", timezone="UTC"),  # every minute of one day of the year
    Cron("30 2 * * 1", timezone="Europe/London"),
]
moments = st.integers(0, 40 * 24 * 3600).map(lambda seconds: at(0) + timedelta(seconds=seconds / 7))


class Silent:
    """A trigger that cannot count, as one from outside."""

    def __init__(self, trigger):
        self.next_after = trigger.next_after
        self.spec = trigger.spec


def walked(trigger, after, until):
    return list(takewhile(lambda due_at: due_at <= until, due_times(trigger, after)))


@given(st.sampled_from(TRIGGERS), moments, st.integers(0, 90_000), st.integers(1, 30))
def test_the_newest_are_the_last_ones_of_a_walk(trigger, after, seconds, limit):
    until = after + timedelta(seconds=seconds)

    found = newest_due(Silent(trigger), after=after, until=until, limit=limit)

    assert found == walked(trigger, after, until)[-limit:]


@given(st.sampled_from(TRIGGERS), moments, st.integers(0, 20_000))
def test_a_number_is_right_or_not_given(trigger, after, seconds):
    until = after + timedelta(seconds=seconds)
    real = len(walked(trigger, after, until))

    assert number_due(Silent(trigger), after=after, until=until) in (
        {real} if real <= 100 else {None}
    )
    if isinstance(trigger, Every):
        assert number_due(trigger, after=after, until=until) == real


@pytest.mark.parametrize("trigger", TRIGGERS, ids=lambda trigger: trigger.spec())
def test_previous_is_the_one_before(trigger):
    first, second = islice(due_times(trigger, at(0)), 2)

    assert previous_due(trigger, second) == first


def test_nothing_in_an_empty_stretch():
    hourly = Cron("0 * * * *", timezone="UTC")

    assert last_due(hourly, after=at(8), until=at(8, 59)) is None
    assert last_due(hourly, after=at(8), until=at(7)) is None


def test_only_our_own_triggers_are_asked_to_count():
    class OddHours(Every):
        """Inherits a count that is not its own."""

        def next_after(self, moment):
            due_at = super().next_after(moment)
            return due_at if due_at.hour % 2 else super().next_after(due_at)

    assert number_due(OddHours(hours=1), after=at(0), until=at(10)) == 5
