"""Cron, Every and At as values; asking any trigger; text there and back."""

import os
import pickle
import subprocess
import sys
from dataclasses import FrozenInstanceError, fields
from datetime import UTC, datetime, timedelta, timezone
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from scheduler.exceptions import InvalidSchedule, InvalidTrigger, SchedulerError
from scheduler.triggers import At, Cron, Every, Trigger, due_times, from_spec, next_due

START = datetime(2026, 1, 1, tzinfo=UTC)
CHRISTMAS = datetime(2026, 12, 24, 18, tzinfo=UTC)
OURS = [
    (Cron("30 2 * * *", timezone="Europe/London"), "cron 30 2 * * * Europe/London"),
    (Cron("@daily", timezone=ZoneInfo("UTC")), "cron 0 0 * * * UTC"),
    (Every(minutes=5), "every 300s from 1970-01-01T00:00:00+00:00"),
    (Every(timedelta(seconds=1.5), anchor=START), "every 1.5s from 2026-01-01T00:00:00+00:00"),
    (Every(days=1), "every 86400s from 1970-01-01T00:00:00+00:00"),
    (At(CHRISTMAS), "at 2026-12-24T18:00:00+00:00"),
]


@pytest.mark.parametrize(("trigger", "spec"), OURS, ids=str)
def test_spec_there_and_back(trigger, spec):
    assert isinstance(trigger, Trigger)
    assert trigger.spec() == spec
    again = from_spec(spec)
    assert (again, hash(again), again.spec()) == (trigger, hash(trigger), spec)
    assert again.next_after(START) == trigger.next_after(START)
    assert pickle.loads(pickle.dumps(trigger)) == trigger


@pytest.mark.parametrize(("trigger", "spec"), OURS, ids=str)
def test_triggers_are_values(trigger, spec):
    with pytest.raises(FrozenInstanceError):
        setattr(trigger, fields(trigger)[0].name, START)
    assert not hasattr(trigger, "__dict__")


def test_specs_are_equal_in_every_process():
    code = (
        "from datetime import timedelta\n"
        "from scheduler.triggers import Cron, Every\n"
        "print(Cron('0 9 * * mon-fri', 'Asia/Tokyo').spec(), Every(hours=36).spec(), sep='|')"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert said == {
        "cron 0 9 * * MON-FRI Asia/Tokyo|every 129600s from 1970-01-01T00:00:00+00:00\n"
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "nonsense",
        "cron",
        "cron * * * * *",
        "cron * * * * * Nowhere/Land",
        "cron 61 * * * * UTC",
        "every 0s from 1970-01-01T00:00:00+00:00",
        "every 0.5s from 1970-01-01T00:00:00+00:00",
        "every 99999999999999s from 1970-01-01T00:00:00+00:00",
        "every 5s from yesterday",
        "every 5s from 1970-01-01T00:00:00",
        "every 5m from 1970-01-01T00:00:00+00:00",
        "at noon",
        "at 2026-12-24T18:00:00",
        "at 0001-01-01T00:00:00+14:00",
        "at 2026-12-24T18:00:00+00:00 ",
        "x" * 100_000,
        None,
        5,
    ],
)
def test_what_is_no_spec(text):
    with pytest.raises(InvalidTrigger):
        from_spec(text)


def test_the_default_zone_is_the_setting_and_is_asked_late():
    trigger = Cron("0 12 * * *")
    with override_settings(TIME_ZONE="Asia/Tokyo"):
        assert trigger.spec() == "cron 0 12 * * * Asia/Tokyo"
        assert trigger.next_after(START) == datetime(2026, 1, 1, 3, tzinfo=UTC)
        assert next_due(trigger, START) == datetime(2026, 1, 1, 3, tzinfo=UTC)
    with override_settings(TIME_ZONE="Europe/Berlin"):
        assert trigger.spec() == "cron 0 12 * * * Europe/Berlin"
        assert next_due(trigger, START) == datetime(2026, 1, 1, 11, tzinfo=UTC)


def test_cron_says_at_once_what_is_wrong():
    with pytest.raises(InvalidTrigger, match="minute"):
        Cron("61 * * * *")
    with pytest.raises(InvalidTrigger, match="Did you mean Europe/London"):
        Cron("* * * * *", timezone="Europe/Londn")


def test_every_counts_from_its_anchor():
    trigger = Every(minutes=7, anchor=START)
    assert trigger.next_after(START) == START + timedelta(minutes=7)
    assert trigger.next_after(START - timedelta(microseconds=1)) == START
    late = START + 1000 * timedelta(minutes=7) + timedelta(seconds=3)
    assert trigger.next_after(late) == START + 1001 * timedelta(minutes=7)


def test_every_is_elapsed_time_whatever_the_clocks_do():
    spring = datetime(2026, 3, 28, tzinfo=ZoneInfo("Europe/Berlin"))
    found = list(islice(due_times(Every(days=1), spring), 4))
    assert {b - a for a, b in pairwise(found)} == {timedelta(hours=24)}


@given(
    st.timedeltas(timedelta(seconds=1), timedelta(days=400)),
    st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),
    st.datetimes(datetime(1990, 1, 1), datetime(2050, 1, 1), timezones=st.just(UTC)),
)
def test_every_never_drifts(interval, anchor, moment):
    trigger = Every(interval, anchor=anchor)
    due_at = trigger.next_after(moment)
    assert timedelta(0) < due_at - moment <= interval
    assert (due_at - anchor) % interval == timedelta(0)
    assert from_spec(trigger.spec()) == trigger
    assert trigger.count(moment, due_at) == 1
    assert trigger.count(moment, due_at + 9 * interval) == 10
    assert trigger.count(due_at, moment) == 0


def test_every_ends_with_the_calendar():
    assert Every(days=400).next_after(datetime(9999, 12, 1, tzinfo=UTC)) is None


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (Every, "at least one second"),
        (lambda: Every(seconds=0.5), "at least one second"),
        (lambda: Every(timedelta(0)), "at least one second"),
        (lambda: Every(minutes=-5), "at least one second"),
        (lambda: Every(300), "timedelta"),
        (lambda: Every("5m"), "timedelta"),
        (lambda: Every(timedelta(1), hours=1), "not both"),
        (lambda: Every(seconds=float("nan")), "cannot be"),
        (lambda: Every(seconds=float("inf")), "cannot be"),
        (lambda: Every(seconds="5"), "cannot be"),
        (lambda: Every(days=10**12), "cannot be"),
        (lambda: Every(hours=1, anchor=datetime(2026, 1, 1)), "anchor of Every must be an aware"),
        (lambda: At(datetime(2026, 1, 1)), "must be an aware datetime"),
        (lambda: At("2026-01-01"), "must be an aware datetime"),
        (lambda: At(START, timezone="UTC"), "only with a naive"),
        (lambda: At(datetime(2026, 1, 1), timezone="Mars/Base"), "no time zone"),
    ],
)
def test_refused(make, told):
    with pytest.raises(InvalidTrigger, match=told):
        make()


def test_at_is_due_once():
    trigger = At(CHRISTMAS)
    assert list(due_times(trigger, START)) == [CHRISTMAS]
    assert trigger.next_after(CHRISTMAS) is None
    assert trigger.next_after(CHRISTMAS - timedelta(microseconds=1)) == CHRISTMAS


def test_at_takes_wall_time_with_a_zone():
    assert At(datetime(2026, 12, 24, 18), timezone="Europe/Berlin") == At(
        CHRISTMAS - timedelta(hours=1)
    )
    assert At(CHRISTMAS.astimezone(timezone(timedelta(hours=9)))) == At(CHRISTMAS)
    missing = At(datetime(2026, 3, 29, 2, 30), timezone=ZoneInfo("Europe/Berlin"))
    assert missing.moment == datetime(2026, 3, 29, 1, tzinfo=UTC)


class Custom:
    """A trigger of somebody else's, with a mistake if asked for."""

    def __init__(self, *answers):
        self.answers = answers
        self.asked = 0

    def next_after(self, moment):
        self.asked += 1
        later = [answer for answer in self.answers if answer is None or answer > moment]
        return later[0] if later else None

    def spec(self):
        return f"custom {self.answers}"


class Stuck(Custom):
    def next_after(self, moment):
        return self.answers[0]


def test_any_object_with_two_methods_is_a_trigger():
    trigger = Custom(START, CHRISTMAS)
    assert isinstance(trigger, Trigger)
    assert not isinstance(object(), Trigger)
    assert list(due_times(trigger, START - timedelta(days=1))) == [START, CHRISTMAS]


def test_a_trigger_that_stands_still_is_stopped():
    with pytest.raises(InvalidTrigger, match="not after"):
        list(due_times(Stuck(START), START - timedelta(days=1)))
    with pytest.raises(InvalidTrigger, match="not after"):
        next_due(Stuck(START), START)


@pytest.mark.parametrize("answer", [datetime(2027, 1, 1), "2027", 5])
def test_a_trigger_that_answers_with_something_else_is_stopped(answer):
    with pytest.raises(InvalidTrigger, match="must be an aware datetime"):
        next_due(Stuck(answer), START)


def test_an_answer_in_another_zone_becomes_utc():
    tokyo = CHRISTMAS.astimezone(ZoneInfo("Asia/Tokyo"))
    assert next_due(Custom(tokyo), START).tzinfo is UTC


def test_next_due_remembers_by_spec_and_moment():
    first, equal, other = Custom(CHRISTMAS), Custom(CHRISTMAS), Custom(CHRISTMAS, CHRISTMAS)
    moment = START + timedelta(microseconds=7)
    for trigger in (first, first, equal, other):
        assert next_due(trigger, moment) == CHRISTMAS
    assert [first.asked, equal.asked, other.asked] == [1, 0, 1]
    assert next_due(first, moment + timedelta(microseconds=1)) == CHRISTMAS
    assert first.asked == 2


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (Every(minutes=5), "every 5 minutes"),
        (Every(minutes=1), "every minute"),
        (Every(seconds=90), "every 90 seconds"),
        (Every(hours=48), "every 2 days"),
        (Every(seconds=1.5), "every 1.5 seconds"),
        (At(CHRISTMAS), "once at 2026-12-24 18:00:00 UTC"),
        (Cron("30 2 * * *", "Europe/London"), "At 02:30 (Europe/London)"),
        (Cron("*/5 * * * *", "UTC"), "Every 5 minutes (UTC)"),
        (Cron("0 9 L * *", "UTC"), "At 09:00, on the last day of the month (UTC)"),
        (Cron("0 9 LW * *", "UTC"), "At 09:00, on the last weekday of the month (UTC)"),
        (Cron("0 9 * * FRI#2", "UTC"), "At 09:00, on the second Friday of the month (UTC)"),
        (Cron("0 9 * * FRI#L", "UTC"), "At 09:00, on the last Friday of the month (UTC)"),
        (
            Cron("0 9 * JUL 7#L", "UTC"),
            "At 09:00, on the last Sunday of the month, only in July (UTC)",
        ),
        # Words that would be wrong are not said.
        (Cron("0 9 15,L * *", "UTC"), "0 9 15,L * * (UTC)"),
        (Cron("0 9 L * FRI#2", "UTC"), "0 9 L * FRI#2 (UTC)"),
        (Cron("0 9 * * MON,FRI#2", "UTC"), "0 9 * * MON,FRI#2 (UTC)"),
        (Cron("*/45 * * * *", "UTC"), "*/45 * * * * (UTC)"),
        (Cron("0 9 */2 * 5", "UTC"), "0 9 */2 * 5 (UTC)"),
        (Cron("0,*/10 * * * *", "UTC"), "0,*/10 * * * * (UTC)"),
    ],
    ids=str,
)
def test_in_words(trigger, words):
    assert trigger.describe() == words


def test_both_days_in_words_are_joined_with_or():
    told = Cron("0 9 13 * 5", "UTC").describe()

    # Version 1 of cron_descriptor joins them with "and", which is wrong: then it is not asked.
    assert " or " in told or told == "0 9 13 * 5 (UTC)"


def test_without_the_extra_the_expression_is_the_description(monkeypatch):
    from scheduler.due import descriptions

    descriptions._cron_words.cache_clear()
    monkeypatch.setitem(sys.modules, "cron_descriptor", None)
    assert Cron("30 2 * * *", "UTC").describe() == "30 2 * * * (UTC)"
    descriptions._cron_words.cache_clear()


def test_errors_are_what_callers_catch():
    assert issubclass(InvalidTrigger, (SchedulerError, ValueError))
    assert issubclass(InvalidSchedule, SchedulerError)
