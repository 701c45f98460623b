"""Zone names, changes of offset, and notes about them."""

import re
import zoneinfo
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.due import abbreviations
from scheduler.due.dst import dst_note
from scheduler.due.zones import changes, first_change, instant_of, known_zones, last_change, zone
from scheduler.exceptions import InvalidTrigger

BERLIN = ZoneInfo("Europe/Berlin")
HOUR = timedelta(hours=1)


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_known_name_is_its_zone():
    assert zone("Europe/Berlin") is BERLIN
    assert zone(BERLIN) is BERLIN


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("Europe/Lundon", "Did you mean Europe/London?"),
        ("europe/london", "Did you mean Europe/London?"),
        ("America/New York", "Did you mean America/New_York?"),
        ("BST", "There is no time zone 'BST'. Name a place: Europe/London."),
        (" pst", "Name a place: America/Los_Angeles."),
        ("", "There is no time zone ''."),
        ("..", "no time zone"),
        ("../../etc/passwd", "no time zone"),
        ("Europe/../Europe/London", "no time zone"),
        ("/usr/share/zoneinfo/Europe/London", "no time zone"),
        ("Europe", "no time zone"),
        ("localtime", "no time zone"),
        ("Europe/London\x00", "no time zone"),
        ("Ünsinn/\ud800", "no time zone"),
        ("x" * 100_000, "no time zone"),
        (b"UTC", "not bytes"),
        (None, "not NoneType"),
        (UTC, "not timezone"),
    ],
)
def test_other_names_are_refused(name, meant):
    with pytest.raises(InvalidTrigger, match="time zone") as refusal:
        zone(name)
    assert meant in str(refusal.value)
    assert len(str(refusal.value)) < 200


def test_a_short_name_is_no_zone_and_names_places_that_are():
    for name, places in abbreviations.PLACES.items():
        assert name not in known_zones()
        assert set(re.findall(r"\w+/\w+", places)) <= known_zones()


def test_a_zone_without_a_name_is_refused():
    path = Path(zoneinfo.TZPATH[0]) / "Europe/Berlin"
    if not path.exists():
        pytest.skip("this machine has no zoneinfo files outside the tzdata package")
    with path.open("rb") as file, pytest.raises(InvalidTrigger):
        zone(ZoneInfo.from_file(file))


def test_the_changes_of_a_year():
    spring, autumn = changes(BERLIN, 2026)
    assert (spring.at, spring.size) == (utc("2026-03-29T01:00"), HOUR)
    assert (autumn.at, autumn.size) == (utc("2026-10-25T01:00"), -HOUR)
    assert spring.wall_before == datetime(2026, 3, 29, 2)
    assert spring.wall_after == datetime(2026, 3, 29, 3)
    assert changes(ZoneInfo("UTC"), 2026) == ()


@pytest.mark.parametrize(
    ("name", "year", "months"),
    [
        ("Africa/Casablanca", 2026, [2, 3]),  # Ramadan, back and forth within five weeks
        ("Africa/Cairo", 2014, [5, 6, 7, 9]),
        ("Africa/Freetown", 1939, [9, 9]),  # four days apart, the shortest in all of tzdata
        ("America/Recife", 2000, [2, 10, 10]),  # a week of summer
    ],
)
def test_changes_that_cancel_out_are_seen(name, year, months):
    found = changes(ZoneInfo(name), year)
    assert [change.at.month for change in found[-len(months) :]] == months


def test_no_zone_hides_a_change():
    """Every hour of two years, in every eleventh zone: offsets and changes agree."""
    for name in sorted(known_zones())[::11]:
        for year in (2011, 2024):
            at, found = datetime(year, 1, 1, tzinfo=UTC), []
            while at.year == year:
                offsets = [m.astimezone(ZoneInfo(name)).utcoffset() for m in (at, at + HOUR)]
                if offsets[0] != offsets[1]:
                    found.append((at, *offsets))
                at += HOUR
            ours = changes(ZoneInfo(name), year)
            assert [(one.before, one.after) for one in ours] == [tuple(o) for _, *o in found]
            assert all(a < one.at <= a + HOUR for one, (a, *_) in zip(ours, found, strict=True))


def test_the_first_and_the_last_change():
    at = utc("2026-03-29T01:00")
    assert first_change(BERLIN, after=at, until=utc("2026-10-25T00:59")) is None
    assert first_change(BERLIN, after=at, until=utc("2027-01-01T00:00")).size == -HOUR
    assert first_change(BERLIN, after=at - HOUR, until=at).at == at
    assert last_change(BERLIN, until=at).at == at
    assert last_change(BERLIN, until=at - HOUR).at == utc("2025-10-26T01:00")
    assert last_change(ZoneInfo("Asia/Tokyo"), until=at) is None


@pytest.mark.parametrize(
    ("wall", "fold", "instant"),
    [
        ("2026-01-15T12:00", 0, "2026-01-15T11:00"),
        ("2026-10-25T02:30", 0, "2026-10-25T00:30"),
        ("2026-10-25T02:30", 1, "2026-10-25T01:30"),
        ("2026-03-29T02:30", 0, "2026-03-29T01:00"),  # not there: the first instant after
        ("2026-03-29T02:30", 1, "2026-03-29T01:00"),
        ("2026-03-29T03:00", 0, "2026-03-29T01:00"),
    ],
)
def test_the_instant_of_a_wall_time(wall, fold, instant):
    assert instant_of(datetime.fromisoformat(wall).replace(fold=fold), BERLIN) == utc(instant)


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2060, 1, 1)), st.sampled_from(["UTC", "Asia/Tokyo"])
)
def test_the_instant_of_a_wall_time_that_exists_has_that_wall_time(wall, name):
    assert instant_of(wall, ZoneInfo(name)).astimezone(ZoneInfo(name)).replace(tzinfo=None) == wall


@pytest.mark.parametrize(
    ("moment", "expression", "note"),
    [
        ("2026-03-29T01:00", "30 2 * * *", "moved from 02:30, which does not exist"),
        ("2026-03-29T01:00", "0 3 * * *", "clocks go forward; 02:00 to 03:00 does not exist"),
        ("2026-03-29T01:00", "*/15 * * * *", "clocks go forward; 02:00 to 03:00 does not exist"),
        ("2026-03-29T01:00", None, "clocks go forward; 02:00 to 03:00 does not exist"),
        ("2026-03-29T02:00", "0 4 * * *", ""),
        ("2026-10-24T23:59", None, ""),
        ("2026-10-25T00:00", None, "clocks go back at this hour; first pass"),
        ("2026-10-25T00:59", None, "clocks go back at this hour; first pass"),
        ("2026-10-25T01:00", None, "clocks go back at this hour; second pass"),
        ("2026-10-25T01:59", None, "clocks go back at this hour; second pass"),
        ("2026-10-25T02:00", None, ""),
        ("2026-07-01T00:00", "0 2 * * *", ""),
    ],
)
def test_notes(moment, expression, note):
    assert dst_note(utc(moment), BERLIN, expression=expression) == note


def test_a_note_about_a_day_that_never_was():
    note = dst_note(utc("2011-12-30T10:00"), ZoneInfo("Pacific/Apia"), expression="0 0 * * *")
    assert note == "clocks go forward; 2011-12-30 00:00 to 2011-12-31 00:00 does not exist"
