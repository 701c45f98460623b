"""next_after apart from changes of the clocks: days, ends of the calendar, odd moments."""

import sys
import threading
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduler.cron import next_after
from scheduler.exceptions import InvalidTrigger
from scheduler.triggers import Cron

LONDON = ZoneInfo("Europe/London")
START = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


def days(expression, count):
    after, found = START, []
    for _ in range(count):
        after = next_after(expression, ZoneInfo("UTC"), after)
        found.append(f"{after:%m-%d}")
    return found


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("0 9 13 * 5", ["01-02", "01-09", "01-13", "01-16"]),  # the 13th or a Friday
        ("0 9 */2 * 5", ["01-09", "01-23", "02-13", "02-27"]),  # an odd day that is a Friday
        ("0 9 13 * */5", ["02-13", "03-13", "09-13", "11-13"]),  # a 13th that is Sunday or Friday
        ("0 9 1-31 * 1", ["01-01", "01-02", "01-03", "01-04"]),  # every day, by its day of month
        ("0 9 * * 0", ["01-04", "01-11", "01-18", "01-25"]),
        ("0 9 * * 7", ["01-04", "01-11", "01-18", "01-25"]),
        ("0 9 * * 5-7", ["01-02", "01-03", "01-04", "01-09"]),
        ("0 9 * * 7-7", ["01-04", "01-11", "01-18", "01-25"]),
        ("0 9 L * *", ["01-31", "02-28", "03-31", "04-30"]),
        ("0 9 LW * *", ["01-30", "02-27", "03-31", "04-30"]),
        ("0 9 15,L * *", ["01-15", "01-31", "02-15", "02-28"]),
        ("0 9 * * FRI#2", ["01-09", "02-13", "03-13", "04-10"]),
        ("0 9 * * FRI#L", ["01-30", "02-27", "03-27", "04-24"]),
        ("0 9 * * THU#5", ["01-29", "04-30", "07-30", "10-29"]),
        ("0 9 * * MON#1,FRI#L", ["01-05", "01-30", "02-02", "02-27"]),
        ("0 9 L * FRI#2", ["01-09", "01-31", "02-13", "02-28"]),  # either is enough
        ("0 9 1 * 5#3", ["01-01", "01-16", "02-01", "02-20"]),  # which the library has as AND
        ("0 9 */2 * FRI#2", ["01-09", "02-13", "03-13", "09-11"]),  # an odd day that is the 2nd
        ("0 9 L * */2", ["01-31", "02-28", "03-31", "04-30"]),  # a last day, THU, SAT, SUN or TUE
        ("0 9 31 * *", ["01-31", "03-31", "05-31", "07-31"]),
    ],
)
def test_day_of_month_and_weekday(expression, expected):
    assert days(expression, 4) == expected


def test_the_next_leap_day_may_be_years_away():
    found = next_after("0 12 29 2 *", LONDON, START)
    assert found == datetime(2028, 2, 29, 12, tzinfo=UTC)
    # A summer time lies between each of them and the last.
    assert next_after("0 12 29 2 *", LONDON, found) == datetime(2032, 2, 29, 12, tzinfo=UTC)


def test_a_fifth_friday_of_february_may_be_decades_away():
    found = next_after("0 0 * 2 FRI#5", LONDON, START)
    assert found == datetime(2036, 2, 29, tzinfo=UTC)
    assert next_after("0 0 * 2 FRI#5", LONDON, found) == datetime(2064, 2, 29, tzinfo=UTC)


@pytest.mark.parametrize("expression", ["0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 31,30 2 *"])
def test_what_never_comes_is_none(expression):
    assert next_after(expression, LONDON, START) is None
    assert Cron(expression, "Europe/London").next_after(START) is None


def test_an_impossible_day_leaves_the_weekday():
    assert next_after("0 0 30 2 1", LONDON, START) == datetime(2026, 2, 2, tzinfo=UTC)


@pytest.mark.parametrize("zone_name", ["UTC", "America/New_York", "Asia/Tokyo"])
def test_the_calendar_ends(zone_name):
    for moment in (datetime.max, datetime(9999, 12, 31, 23, 58)):
        found = next_after("0 0 * * *", ZoneInfo(zone_name), moment.replace(tzinfo=UTC))
        assert found is None


def test_seconds_and_microseconds_are_looked_at():
    due_at = datetime(2026, 1, 1, 12, 30, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    assert next_after("30 12 * * *", LONDON, due_at - tick) == due_at
    assert next_after("30 12 * * *", LONDON, due_at) == due_at + timedelta(days=1)
    assert next_after("30 12 * * *", LONDON, due_at + tick) == due_at + timedelta(days=1)


def test_offsets_with_seconds():
    """Amsterdam was 19 minutes and 32 seconds ahead of UTC until July 1937."""
    found = next_after("0 12 * * *", ZoneInfo("Europe/Amsterdam"), datetime(1925, 1, 1, tzinfo=UTC))
    assert found.astimezone(ZoneInfo("Europe/Amsterdam")).strftime("%H:%M:%S") == "12:00:00"


def test_a_naive_moment_is_refused():
    with pytest.raises(ValueError, match="naive"):
        next_after("* * * * *", LONDON, datetime(2026, 1, 1))


def test_an_invalid_expression_is_refused_here_too():
    with pytest.raises(InvalidTrigger):
        next_after("0 0 12 * * *", LONDON, START)


@pytest.fixture
def _eager_threads():
    """Let threads take turns so often that a shared search would be seen."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("_eager_threads")
def test_threads_do_not_disturb_each_other():
    wrong, barrier = [], threading.Barrier(4)

    def ask(year):
        barrier.wait()
        for number in range(300):
            start = datetime(year, 1, 1, tzinfo=UTC) + timedelta(days=number)
            found = next_after("0 7 * * *", ZoneInfo("UTC"), start)
            if found != start + timedelta(hours=7):
                wrong.append(found)

    threads = [threading.Thread(target=ask, args=[year]) for year in (2001, 2011, 2021, 2031)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
