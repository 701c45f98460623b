"""The test kit: what a test writes, and which instant it means."""

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from scheduler.testing.moments import instant, zone_of

BERLIN = ZoneInfo("Europe/Berlin")
AUTUMN, SPRING = date(2026, 10, 25), date(2026, 3, 29)  # when the clocks change in Berlin


def meant(said, **options):
    return f"{instant(said, BERLIN, today=AUTUMN, **options):%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("2026-10-25T00:00", "10-24 22:00:00"),
        ("2026-10-25 00:00", "10-24 22:00:00"),
        ("2026-10-25", "10-24 22:00:00"),
        ("2026-10-25T03:30:05", "10-25 02:30:05"),
        ("2026-10-25T02:30+02:00", "10-25 00:30:00"),
        ("2026-10-25T02:30+01:00", "10-25 01:30:00"),
        ("2026-10-25T00:00Z", "10-25 00:00:00"),
        ("03:30", "10-25 02:30:00"),
        ("02:30+01:00", "10-25 01:30:00"),
        (AUTUMN, "10-24 22:00:00"),
        (datetime(2026, 10, 25, 3, 30), "10-25 02:30:00"),
        (datetime(2026, 10, 25, 2, 30), "10-25 00:30:00"),
        (datetime(2026, 10, 25, 2, 30, fold=1), "10-25 01:30:00"),
        (datetime(2026, 10, 25, 2, 30, tzinfo=BERLIN, fold=1), "10-25 01:30:00"),
        (datetime(2026, 10, 25, 3, tzinfo=timezone(timedelta(hours=3))), "10-25 00:00:00"),
    ],
)
def test_what_has_no_offset_is_wall_time(said, expected):
    assert meant(said) == expected


def test_a_pass_of_the_repeated_hour_can_be_named():
    assert meant("02:30", fold=0) == "10-25 00:30:00"
    assert meant("02:30", fold=1) == "10-25 01:30:00"
    assert meant("01:30", fold=1) == "10-24 23:30:00"  # it comes once


@pytest.mark.parametrize("said", ["02:30", "2026-10-25T02:00", "2026-10-25T02:59:59"])
def test_text_that_could_mean_either_pass_is_refused_with_both(said):
    with pytest.raises(
        ValueError, match=r"comes twice in Europe/Berlin. Write .*\+02:00 or .*\+01:00"
    ):
        meant(said)


@pytest.mark.parametrize("said", ["2026-03-29T02:30", datetime(2026, 3, 29, 2, 30)])
@pytest.mark.parametrize("fold", [None, 0, 1])
def test_a_time_that_never_comes_is_refused(said, fold):
    with pytest.raises(ValueError, match="02:30 does not exist in Europe/Berlin"):
        instant(said, BERLIN, today=SPRING, fold=fold)


@pytest.mark.parametrize("said", ["tea", "", "25:00", "tea: 1", "2026-13-01", "x" * 10_000])
def test_what_is_no_moment_is_told_how_to_write_one(said):
    with pytest.raises(ValueError, match=r"is no moment. Write '2026-10-25T02:30'") as caught:
        meant(said)

    assert len(str(caught.value)) < 300


def test_a_time_alone_needs_a_day():
    with pytest.raises(ValueError, match="is no moment"):
        instant("03:30", BERLIN)


@pytest.mark.parametrize("said", [None, 5, 1.5, ["2026-10-25"]])
def test_what_is_neither_text_nor_a_datetime_is_refused(said):
    with pytest.raises(TypeError, match="A moment is text or a datetime"):
        meant(said)


def test_the_zone_is_a_name_and_that_of_the_settings_if_none_is_given(settings):
    settings.TIME_ZONE = "Asia/Tokyo"

    assert zone_of(None).key == "Asia/Tokyo"
    assert zone_of("Europe/Berlin") is zone_of(BERLIN) is BERLIN
    with pytest.raises(ValueError, match="Did you mean Europe/Berlin"):
        zone_of("europe/berlin")


def test_every_quarter_of_an_hour_of_both_nights_is_named_by_its_offset():
    for day in (AUTUMN, SPRING):
        start = datetime(day.year, day.month, day.day, tzinfo=BERLIN).astimezone(UTC)
        for quarter in range(26 * 4):
            moment = start + quarter * timedelta(minutes=15)
            local = moment.astimezone(BERLIN)
            wall = local.replace(tzinfo=None).isoformat()
            assert instant(local.isoformat(), BERLIN) == moment
            assert instant(wall, BERLIN, fold=local.fold) == moment
