"""What callers may say about limits, and when a rate lets the next job through."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_core import limits
from tasks_core.exceptions import InvalidCall
from tests.tasks_core.rows import NOON

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("rate", "each"),
    [
        ("1/s", SECOND),
        ("10/s", SECOND / 10),
        ("100/m", timedelta(milliseconds=600)),
        ("6/h", timedelta(minutes=10)),
        ("1/d", timedelta(days=1)),
    ],
)
def test_a_rate_is_a_number_in_a_period(rate, each):
    assert limits.spacing(rate) == each


@pytest.mark.parametrize(
    "rate", ["", "10", "0/s", "-1/s", "1/y", "1.5/s", "1 /s", "٣/s", 10, b"1/s"]
)
def test_what_is_no_rate_is_refused_with_an_example(rate):
    with pytest.raises(InvalidCall, match="10/m"):
        limits.spacing(rate)


@pytest.mark.parametrize("value", ["key", ("key",), ("key", 1, 2), ("key", "1"), ("key", True)])
def test_what_is_no_key_and_number_is_refused(value):
    with pytest.raises(InvalidCall, match="concurrency"):
        limits.checked_concurrency(value)


@pytest.mark.parametrize("permits", [0, -1, limits.MAX_PERMITS + 1])
def test_nothing_and_too_much_at_once_are_refused(permits):
    with pytest.raises(InvalidCall, match="1 to 10000"):
        limits.checked_concurrency(("key", permits))


def test_a_rate_of_its_own_goes_before_that_of_the_queue(settings):
    settings.TASKS_CORE = {"RATE_LIMITS": {"mail": "1/s"}}

    assert limits.rate_of(task="a.b", queue="mail", rate="2/s") == ("a.b", SECOND / 2)
    assert limits.rate_of(task="a.b", queue="mail", rate=None) == ("queue:mail", SECOND)
    assert limits.rate_of(task="a.b", queue="other", rate=None) is None


def test_the_rate_of_a_queue_is_what_the_settings_say_now(settings):
    settings.TASKS_CORE = {"RATE_LIMITS": {"mail": "2/s"}}
    assert limits.current_spacing("queue:mail", SECOND) == SECOND / 2

    settings.TASKS_CORE = {}
    assert limits.current_spacing("queue:mail", SECOND) is None
    assert limits.current_spacing("a.b", SECOND) == SECOND


@pytest.mark.parametrize(
    ("rate", "at_once"), [("1/h", 1), ("10/s", 1), ("20/s", 2), ("1000/s", 100)]
)
def test_as_many_pass_at_once_as_100_ms_allow_and_at_least_one(rate, at_once):
    each = limits.spacing(rate)

    assert limits.burst(each) == at_once
    assert limits.tokens(None, each, now=NOON) == at_once
    assert limits.tokens(NOON - timedelta(days=9), each, now=NOON) == at_once


def test_nobody_passes_before_it_is_time():
    soon = NOON + timedelta(microseconds=1)

    assert limits.tokens(soon, SECOND, now=NOON) == 0
    assert limits.tokens(soon, SECOND, now=soon) == 1


def test_neither_a_clock_that_went_back_nor_a_slower_rate_of_old_stops_a_rate():
    in_an_hour = NOON + timedelta(hours=1)

    assert limits.tokens(in_an_hour, SECOND, now=NOON) == 1
    assert limits.tokens(in_an_hour, limits.spacing("1/h"), now=NOON) == 0


@given(
    per_second=st.integers(1, 2000),
    pauses=st.lists(st.integers(0, 3_000_000), min_size=1, max_size=60),
)
def test_in_any_period_no_more_pass_than_its_rate_and_one_burst(per_second, pauses):
    each, now, next_at, passed = SECOND / per_second, NOON, None, []

    for pause in pauses:
        now += timedelta(microseconds=pause)
        count = limits.tokens(next_at, each, now=now)
        next_at = limits.earliest(next_at, each, now=now) + count * each
        passed += [(now, count)] * bool(count)

    for first, _ in passed:
        inside = sum(count for at, count in passed if first <= at < first + SECOND)
        assert inside <= SECOND / each + limits.burst(each)
