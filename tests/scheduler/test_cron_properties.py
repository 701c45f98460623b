"""What holds for every expression, zone and moment."""

from datetime import UTC, datetime, time, timedelta
from itertools import islice, pairwise, takewhile
from zoneinfo import ZoneInfo

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from scheduler.cron import LONGEST_CATCH_UP, next_after
from scheduler.due.zones import changes
from scheduler.triggers import Cron, due_times
from tests.scheduler.cron_oracle import NIGHTS, ZONES

zone_names = st.sampled_from(ZONES)
moments = st.datetimes(datetime(1995, 1, 1), datetime(2060, 1, 1), timezones=st.just(UTC))
# Half of all moments lie where something happens.
near_a_change = st.builds(
    lambda night, seconds: (night.zone_name, night.start + timedelta(seconds=seconds)),
    st.sampled_from(NIGHTS),
    st.integers(0, 60 * 3600),
)
places = st.one_of(near_a_change, st.tuples(zone_names, moments))


def lists(low, high):
    return st.lists(st.integers(low, high), min_size=1, max_size=4).map(
        lambda numbers: ",".join(map(str, numbers))
    )


def steps(limit):
    return st.integers(1, limit).map("*/{}".format)


minutes = st.one_of(st.just("*"), steps(60), lists(0, 59), st.just("10-50/7"))
hours = st.one_of(st.just("*"), steps(24), lists(0, 23), lists(0, 3), st.just("0-4"))
days = st.one_of(st.just("*"), lists(1, 28), steps(31), st.sampled_from(["L", "LW", "15,L"]))
weekdays = st.one_of(
    st.just("*"),
    lists(0, 7),
    st.sampled_from(["5-7", "MON-FRI", "FRI#2", "7#L", "MON#1,WED#5,SAT"]),
)
expressions = st.builds("{} {} {} * {}".format, minutes, hours, days, weekdays)


@given(places, expressions)
def test_due_times_increase_and_are_utc(place, expression):
    zone_name, after = place
    found = [after, *islice(due_times(Cron(expression, zone_name), after), 15)]
    assert all(earlier < later for earlier, later in pairwise(found))
    assert {moment.tzinfo for moment in found} == {UTC}


@given(places, expressions, st.floats(0, 1, exclude_max=True))
def test_every_moment_before_a_due_time_gives_that_due_time(place, expression, part):
    zone_name, after = place
    due_at = next_after(expression, ZoneInfo(zone_name), after)
    assume(due_at is not None)
    between = after + (due_at - after) * part
    assume(between < due_at)
    assert next_after(expression, ZoneInfo(zone_name), between) == due_at
    assert next_after(expression, ZoneInfo(zone_name), due_at - timedelta(microseconds=1)) == due_at


@given(places, expressions)
def test_the_zone_in_which_the_moment_is_written_does_not_matter(place, expression):
    zone_name, after = place
    elsewhere = after.astimezone(ZoneInfo("Asia/Kathmandu"))
    there = after.astimezone(ZoneInfo(zone_name))
    answers = {
        next_after(expression, ZoneInfo(zone_name), moment) for moment in (after, elsewhere, there)
    }
    assert len(answers) == 1


@given(places, st.sampled_from([("* * * * *", 1), ("*/5 * * * *", 5), ("*/15 * * * *", 15)]))
def test_wildcard_minutes_are_evenly_spaced_in_elapsed_time(place, case):
    expression, interval = case
    found = islice(due_times(Cron(expression, place[0]), place[1]), 200)
    assert {later - earlier for earlier, later in pairwise(found)} == {timedelta(minutes=interval)}


@settings(max_examples=60)
@example("America/Nuuk", 2024, 0, 0)  # a gap that ends at midnight
@example("America/Nuuk", 2024, 23, 30)
@example("America/Sao_Paulo", 2017, 0, 30)  # one that begins there
@given(zone_names, st.integers(1996, 2050), st.integers(0, 23), st.integers(0, 59))
def test_a_fixed_time_fires_exactly_once_on_each_day_that_has_it(zone_name, year, hour, minute):
    zone = ZoneInfo(zone_name)
    start = datetime(year, 1, 1, tzinfo=zone).astimezone(UTC) - timedelta(microseconds=1)
    end = datetime(year + 1, 1, 1, tzinfo=zone).astimezone(UTC)
    trigger = Cron(f"{minute} {hour} * * *", zone_name)
    found = takewhile(lambda due_at: due_at < end, due_times(trigger, start))
    fired = [nominal_day(due_at, zone, time(hour, minute)) for due_at in found]
    assert fired == [day for day in days_of(year) if day not in days_without(zone, year)]


def nominal_day(due_at, zone, wanted):
    """The local day, or the day before when ``wanted`` fell into a gap that ends here."""
    change = next((one for one in changes(zone, due_at.year) if one.at == due_at), None)
    if change and timedelta(0) < change.size <= LONGEST_CATCH_UP:
        missed = datetime.combine(change.wall_before.date(), wanted)
        if change.wall_before <= missed < change.wall_after:
            return missed.date()
    return due_at.astimezone(zone).date()


def days_of(year):
    first = datetime(year, 1, 1).date()
    count = (datetime(year + 1, 1, 1).date() - first).days
    return [first + timedelta(days=number) for number in range(count)]


def days_without(zone, year):
    """Days that a correction of the calendar left out, as 30 December 2011 in Samoa."""
    return {
        change.wall_before.date()
        for change in changes(zone, year)
        if change.size == timedelta(days=1)
    }
