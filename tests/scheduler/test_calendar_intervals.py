"""Daily, Weekly and Monthly against looking at every day."""

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, takewhile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import Daily, Monthly, Weekly
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import due_times
from tests.scheduler import trigger_oracle as oracle
from tests.scheduler.trigger_strategies import places, rules_at, times

DAY = timedelta(days=1)
EPOCH = date(1970, 1, 1)
NAMES = oracle.NAMES


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def by_hand(is_due, clock_times, name, *, after, days):
    """Look at each day and time; ``is_due`` says whether a trigger means that wall time."""
    zone, first = ZoneInfo(name), after.date() - 2 * DAY
    found = set()
    for number in range(days + 4):
        for text in clock_times:
            wall = datetime.combine(first + number * DAY, time.fromisoformat(text))
            if is_due(wall):
                found.add(oracle.instant(wall, zone))
    return sorted(at for at in found if at and after < at <= after + days * DAY)


def asked(trigger, *, after, days):
    return list(takewhile(lambda at: at <= after + days * DAY, due_times(trigger, after)))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_days_and_weeks(data):
    name, near = data.draw(places)
    clock_times = data.draw(st.lists(times, min_size=1, max_size=3))
    every = data.draw(st.integers(1, 5))
    anchor = near.date() + DAY * data.draw(st.integers(-400, 400))
    after = near - timedelta(minutes=data.draw(st.integers(0, 5000)))
    on = data.draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=3))
    options = {"every": every, "timezone": name, "anchor": anchor}

    daily = asked(Daily(clock_times, **options), after=after, days=6)
    weekly = asked(Weekly(on, at=clock_times, **options), after=after, days=15)

    def is_nth_day(wall):
        return (wall.date() - anchor).days % every == 0

    def is_nth_week(wall):
        weeks = (wall.date() - anchor + (anchor.weekday() - wall.weekday()) * DAY).days // 7
        return NAMES[wall.weekday()] in on and weeks % every == 0

    assert daily == by_hand(is_nth_day, clock_times, name, after=after, days=6)
    assert weekly == by_hand(is_nth_week, clock_times, name, after=after, days=15)


KINDS = ["day", "business day", *NAMES]


def counts(kind, wall, rules, zone):
    """Whether a day is of a kind that is counted."""
    if kind == "day":
        return True
    if kind != "business day":
        return NAMES[wall.weekday()] == kind
    if rules is None:
        return wall.weekday() < 5
    at = oracle.instant(wall, zone)
    return at is not None and not oracle.excluded(rules, at)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_months(data):
    name, near = data.draw(places)
    zone = ZoneInfo(name)
    kind = data.draw(st.sampled_from(KINDS))
    most = {"day": 31, "business day": 23}.get(kind, 5)
    number, is_last = data.draw(st.integers(1, most)), data.draw(st.booleans())
    at, every = data.draw(times), data.draw(st.integers(1, 4))
    rules = data.draw(st.none() | rules_at(near)) if kind == "business day" else None
    suffix = {1: "st", 2: "nd", 3: "rd", 21: "st", 22: "nd", 23: "rd", 31: "st"}.get(number, "th")
    on = f"{number}{suffix} {'last ' if is_last else ''}{kind}"
    after = near - timedelta(minutes=data.draw(st.integers(0, 50_000)))
    trigger = Monthly(on, at=at, every=every, timezone=name, calendar=rules)

    def is_due(wall):
        days = [wall.replace(day=n + 1) for n in range(monthrange(wall.year, wall.month)[1])]
        counted = [day for day in days if counts(kind, day, rules, zone)]
        counted = counted[::-1] if is_last else counted
        is_month = (wall.year * 12 + wall.month - 1970 * 12 - 1) % every == 0
        return is_month and counted[number - 1 : number] == [wall]

    assert asked(trigger, after=after, days=70) == by_hand(is_due, [at], name, after=after, days=70)


@pytest.mark.parametrize(
    ("trigger", "expected"),
    [
        (Daily("09:00", every=2, timezone="UTC"), ["01-01", "01-03", "01-05"]),
        (Weekly("MON", at="09:00", every=2, timezone="UTC"), ["01-12", "01-26", "02-09"]),
        (
            Weekly("MON", at="09:00", every=2, timezone="UTC", anchor=date(2026, 1, 8)),
            ["01-05", "01-19", "02-02"],
        ),
        (Monthly(15, at="08:00", every=3, timezone="UTC"), ["01-15", "04-15", "07-15"]),
        (Monthly(31, at="08:00", timezone="UTC"), ["01-31", "03-31", "05-31"]),
        (Monthly(-1, at="08:00", timezone="UTC"), ["01-31", "02-28", "03-31"]),
        (Monthly("last business day", at="08:00", timezone="UTC"), ["01-30", "02-27", "03-31"]),
        (Monthly("2nd last FRI", at="08:00", timezone="UTC"), ["01-23", "02-20", "03-20"]),
        (Monthly("5th fri", at="08:00", timezone="UTC"), ["01-30", "05-29", "07-31"]),
        (Monthly("1st, 15th", at="08:00", timezone="UTC"), ["01-01", "01-15", "02-01"]),
    ],
    ids=str,
)
def test_the_first_three_of_2026(trigger, expected):
    found = islice(due_times(trigger, utc("2026-01-01")), 3)
    assert [f"{due_at:%m-%d}" for due_at in found] == expected


def test_every_process_counts_alike_whenever_it_begins():
    """Due times do not depend on where one starts to ask."""
    trigger = Weekly("WED", at="09:00", every=3, timezone="UTC")
    times_of_2026 = set(asked(trigger, after=utc("2026-01-01"), days=365))
    for days in range(0, 200, 7):
        after = utc("2026-01-01") + days * DAY
        assert set(asked(trigger, after=after, days=100)) <= times_of_2026 | set(
            asked(trigger, after=utc("2026-12-31"), days=365)
        )


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (Daily("09:00", timezone="UTC"), "every day at 09:00 (UTC)"),
        (
            Weekly("MON", at="09:00", every=2, timezone="Europe/Berlin"),
            "every 2 weeks on Monday at 09:00 (Europe/Berlin)",
        ),
        (
            Monthly([15, "last business day"], at="08:00", every=3, timezone="UTC"),
            "every 3 months on the last business day, the 15th at 08:00 (UTC)",
        ),
        (
            Monthly("2nd last FRI", at="08:00, 17:00", timezone="UTC"),
            "every month on the 2nd last Friday at 08:00, 17:00 (UTC)",
        ),
        (
            Monthly("1st business day", at="08:00", timezone="UTC", calendar={"weekdays": ["SUN"]}),
            "every month on the 1st business day at 08:00 (UTC), business days by SUN",
        ),
    ],
)
def test_in_words(trigger, words):
    assert trigger.describe() == words


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Daily("9:00"), "is no time of day such as '09:00'"),
        (lambda: Daily("25:00"), "is no time of day"),
        (lambda: Daily(900), "'at' is a time of day"),
        (lambda: Daily([]), "'at' is a time of day"),
        (lambda: Daily(time(9, tzinfo=UTC)), "no zone"),
        (lambda: Daily("09:00", every=0), "a whole number from 1 to 1000"),
        (lambda: Daily("09:00", every=True), "a whole number"),
        (lambda: Daily("09:00", anchor="monday"), "The anchor of Daily is a date"),
        (lambda: Daily("09:00", anchor=datetime(2026, 1, 1)), "is a date"),
        (lambda: Daily("09:00", timezone="Europe/Berln"), "Did you mean Europe/Berlin"),
        (lambda: Weekly("MOM", at="09:00"), "'MOM' is no weekday. Did you mean 'MON'?"),
        (lambda: Weekly(1, at="09:00"), "is due on weekdays"),
        (lambda: Weekly([], at="09:00"), "is due on weekdays"),
        (lambda: Monthly("last", at="09:00"), "is no day of a month"),
        (lambda: Monthly("last bussiness day", at="09:00"), "Did you mean"),
        (lambda: Monthly("2th FRI", at="09:00"), "write 2nd"),
        (lambda: Monthly("6th FRI", at="09:00"), "at most 5 of these"),
        (lambda: Monthly(0, at="09:00"), "at most 31 of these"),
        (lambda: Monthly(32, at="09:00"), "at most 31 of these"),
        (lambda: Monthly("FRI", at="09:00"), "is no day of a month"),
        (lambda: Monthly(True, at="09:00"), "is no day of a month"),
        (lambda: Monthly(None, at="09:00"), "is due on 15"),
        (lambda: Monthly(15, at="09:00", calendar="x"), "only to count business days"),
        (
            lambda: Monthly("1st business day", at="09:00", calendar={"weekday": []}),
            "Did you mean 'weekdays'",
        ),
    ],
)
def test_refused(make, told):
    with pytest.raises(InvalidTrigger) as refusal:
        make()
    assert told in str(refusal.value)


def test_the_calendar_ends():
    end = datetime(9999, 12, 31, 23, tzinfo=UTC)
    for trigger in (
        Daily("09:00", timezone="Asia/Tokyo"),
        Weekly("MON", at="09:00", timezone="America/New_York"),
        Monthly(1, at="09:00", timezone="UTC"),
    ):
        assert trigger.next_after(end) is None
        assert trigger.next_after(datetime(1, 1, 3, tzinfo=UTC)) is not None
