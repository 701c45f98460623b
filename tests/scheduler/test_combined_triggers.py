"""AnyOf, AllOf, Between and Except against walking through the due times of their parts."""

from datetime import UTC, datetime, timedelta
from itertools import islice, takewhile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import AllOf, AnyOf, At, Between, Cron, Daily, Every, Except, Monthly, Moved
from scheduler.due.questions import number_due
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import due_times, zone_of
from tests.scheduler import trigger_oracle as oracle
from tests.scheduler.trigger_strategies import places, rules_at, triggers_in

DAY = timedelta(days=1)
NINE = Cron("0 9 * * *", "UTC")
WEEKEND = {"weekdays": ["SAT", "SUN"], "timezone": "UTC"}


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def walked(trigger, after, until):
    return list(takewhile(lambda due_at: due_at <= until, due_times(trigger, after)))


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_parts_put_together(data):
    name, near = data.draw(places)
    one, other = data.draw(triggers_in(name)), data.draw(triggers_in(name))
    rules = data.draw(rules_at(near))
    after, until = near - 3 * DAY, near + 3 * DAY
    start, end = sorted(near + timedelta(hours=data.draw(st.integers(-50, 50))) for _ in "ab")
    times, others = walked(one, after, until), walked(other, after, until)

    either = walked(AnyOf(one, other), after, until)
    bounded = walked(Between(one, start, end), after, until)
    allowed = walked(Except(one, rules), after, until)

    assert either == sorted({*times, *others})
    assert bounded == [due_at for due_at in times if start <= due_at <= end]
    assert allowed == [due_at for due_at in times if not oracle.excluded(rules, due_at)]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_what_an_interval_leaves_is_counted_and_not_listed(data):
    _, near = data.draw(places)
    rules = data.draw(rules_at(near))
    every = Every(minutes=data.draw(st.integers(5, 300)))
    after = near - timedelta(minutes=data.draw(st.integers(0, 6000)))
    until = after + timedelta(minutes=data.draw(st.integers(0, 12_000)))
    bounds = sorted(near + timedelta(hours=data.draw(st.integers(-50, 50))) for _ in "ab")

    for trigger in (Except(every, rules), Except(Between(every, *bounds), rules)):
        real = len(walked(trigger, after, until))
        assert trigger.count(after, until) == real
        assert number_due(trigger, after=after, until=until) == real


def test_a_year_of_seconds_is_counted_at_once():
    year = {"after": utc("2026-01-01"), "until": utc("2027-01-01")}
    assert number_due(Except(Every(seconds=1), WEEKEND), **year) == (365 - 104) * 86_400
    assert number_due(Except(Cron("* * * * *", "UTC"), WEEKEND), **year) is None


def test_a_part_of_ones_own_is_never_asked_to_count():
    class OddHours(Every):
        def next_after(self, moment):
            due_at = super().next_after(moment)
            return due_at if due_at.hour % 2 else super().next_after(due_at)

    trigger = Between(OddHours(hours=1), start=utc("2026-01-01"))
    assert number_due(trigger, after=utc("2026-01-01"), until=utc("2026-01-01T10:00")) == 5


def test_what_falls_together_is_due_once():
    trigger = AnyOf(NINE, Daily("09:00, 10:00", timezone="UTC"))
    found = list(islice(due_times(trigger, utc("2026-01-01")), 3))
    assert found == [utc("2026-01-01T09:00"), utc("2026-01-01T10:00"), utc("2026-01-02T09:00")]


def test_all_of_agree_on_an_instant():
    friday_13 = AllOf(NINE, Cron("* * 13 * *", "UTC"), Cron("* * * * FRI", "UTC"))
    found = islice(due_times(friday_13, utc("2026-01-01")), 4)
    assert [f"{at:%m-%d}" for at in found] == ["02-13", "03-13", "11-13", "08-13"]


def test_all_of_gives_up_instead_of_hanging():
    never = AllOf(Every(seconds=7), Every(seconds=7, anchor=utc("2026-01-01T00:00:01")))
    with pytest.raises(InvalidTrigger, match="did not agree within 1000 due times"):
        never.next_after(utc("2026-01-01"))


def test_what_is_always_excluded_is_never_due():
    everything = {"weekdays": ["MON", "TUE", "WED", "THU", "FRI"], "also": [WEEKEND]}
    saturdays = Cron("0 9 * * SAT", "UTC")
    for trigger in (
        Except(Every(seconds=1), everything),
        Except(saturdays, WEEKEND),
        Monthly("1st business day", at="09:00", timezone="UTC", calendar=everything),
    ):
        assert trigger.next_after(utc("2026-01-01")) is None


def test_bounds_are_included():
    trigger = Between(NINE, utc("2026-01-02T09:00"), utc("2026-01-03T09:00"))
    assert walked(trigger, utc("2025-01-01"), utc("2027-01-01")) == [trigger.start, trigger.end]
    berlin = Between(NINE, start=datetime(2026, 1, 1), timezone="Europe/Berlin")
    assert berlin.start == utc("2025-12-31T23:00")


def test_the_zone_is_that_of_the_parts():
    berlin = Cron("0 9 * * *", "Europe/Berlin")
    assert str(zone_of(Except(AnyOf(berlin, berlin), WEEKEND))) == "Europe/Berlin"
    assert zone_of(AnyOf(berlin, NINE)) is None
    assert str(zone_of(Moved(Every(hours=1), WEEKEND, "next"))) == "UTC"


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (AnyOf(NINE, Every(hours=7)), "At 09:00 (UTC), or every 7 hours"),
        (AllOf(Every(hours=7), Every(hours=5)), "every 7 hours, and at once every 5 hours"),
        (Between(Every(hours=7), utc("2026-01-01")), "every 7 hours from 2026-01-01 00:00 UTC"),
        (Except(Every(hours=7), WEEKEND), "every 7 hours, except SAT, SUN"),
        (Except(Every(hours=7), "holidays"), "every 7 hours, except holidays"),
        (
            Moved(Every(hours=7), WEEKEND, "next"),
            "every 7 hours, moved to the next day that is not excluded: SAT, SUN",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_in_words(trigger, words):
    assert trigger.describe() == words


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (AnyOf, "AnyOf takes 1 to 100 triggers, not 0"),
        (lambda: AnyOf("0 9 * * *"), "A trigger has next_after"),
        (lambda: AllOf(*[NINE] * 101), "not 101"),
        (lambda: Between(NINE, datetime(2026, 1, 1)), "must be an aware datetime"),
        (lambda: Between(NINE, utc("2026-01-02"), utc("2026-01-01")), "before it starts"),
        (lambda: Between(None), "A trigger has next_after"),
        (lambda: Except(NINE, {"weekday": ["SAT"]}), "Did you mean 'weekdays'"),
        (lambda: Except(NINE, None), "A calendar is a dict"),
        (lambda: Except(At(utc("2026-01-01")), ""), "A calendar is a dict"),
    ],
)
def test_refused(make, told):
    with pytest.raises(InvalidTrigger) as refusal:
        make()
    assert told in str(refusal.value)
