"""Calendars as values and by name, against rules read by hand."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.checks import run_checks
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler import calendars
from scheduler.calendars import Calendar, Rules, allowed_from
from scheduler.conf import database
from scheduler.exceptions import InvalidSchedule
from scheduler.models import Calendar as StoredCalendar
from tests.scheduler import trigger_oracle as oracle
from tests.scheduler.trigger_strategies import places, rules_at

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
ALL_DAYS = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def calendar(**rules):
    return calendars.calendar({"timezone": "UTC", **rules})


def declared(**by_name):
    return override_settings(SCHEDULER={"CALENDARS": by_name}, TIME_ZONE="UTC")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_what_is_excluded_and_until_when(data):
    _, near = data.draw(places)
    rules = data.draw(rules_at(near))
    moment = near + MINUTE * data.draw(st.integers(-6000, 6000))
    value = calendars.calendar(rules)

    change = value.next_change(moment)

    assert value.excludes(moment) is oracle.excluded(rules, moment)
    assert change is None or change > moment
    last = min(change or moment + 9 * DAY, moment + 9 * DAY)
    steps = range(0, max(1, int((last - moment) / MINUTE)), 17)
    assert {oracle.excluded(rules, moment + n * MINUTE) for n in steps} == {value.excludes(moment)}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_calendar_is_built_again_from_its_text(data):
    _, near = data.draw(places)
    value = calendars.calendar(data.draw(rules_at(near)))
    moment = near + MINUTE * data.draw(st.integers(-6000, 6000))

    again = calendars.calendar(json.loads(value.spec()))

    assert (again, again.spec(), hash(again)) == (value, value.spec(), hash(value))
    assert again.excludes(moment) is value.excludes(moment)
    assert again.next_change(moment) == value.next_change(moment)


def test_days_that_come_every_year():
    value = calendar(dates=["12-25", "02-29"], ranges=[("12-30", "01-02")])

    assert [value.excludes(utc(f"{year}-12-25")) for year in (1999, 2026, 2525)] == [True] * 3
    assert [value.excludes(utc(f"2026-{day}")) for day in ("01-02", "01-03", "12-29", "12-31")] == [
        True,
        False,
        False,
        True,
    ]
    assert value.excludes(utc("2028-02-29"))
    assert not value.excludes(utc("2027-02-28"))


def test_windows_are_half_open_and_of_the_calendars_zone():
    value = calendars.calendar(
        {"windows": [("2026-12-20T18:00", "2027-01-02T08:00")], "timezone": "Europe/Berlin"}
    )

    assert not value.excludes(utc("2026-12-20T16:59:59"))
    assert value.excludes(utc("2026-12-20T17:00"))
    assert value.next_change(utc("2026-12-20T17:00")) == utc("2027-01-02T07:00")
    assert not value.excludes(utc("2027-01-02T07:00"))


def test_the_next_change_is_not_later_than_the_first_and_not_far_from_it():
    weekend = calendar(weekdays=["SAT", "SUN"])

    assert weekend.next_change(utc("2026-11-18T12:00")) == utc("2026-11-21")
    assert weekend.next_change(utc("2026-11-21")) == utc("2026-11-23")
    assert calendar().next_change(utc("2026-11-21")) is None
    assert calendar(weekdays=ALL_DAYS).next_change(utc("2026-11-21")) is None


@pytest.mark.parametrize(
    "rules",
    [
        {"weekdays": ALL_DAYS},
        {"ranges": [("01-01", "12-31")]},
        {"weekdays": ALL_DAYS[:5], "also": [{"weekdays": ALL_DAYS[5:]}]},
        {"ranges": [("0001-01-01", "9999-12-31")]},
        {"windows": [("0001-01-02T00:00", "9999-12-30T00:00")]},
    ],
    ids=str,
)
def test_what_excludes_everything_is_found_out(rules):
    value = calendar(**rules)
    found = allowed_from(value, utc("2026-01-01"))
    assert found is None or found > utc("9999-01-01")


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        (None, "A calendar is a dict of weekdays"),
        ({"weekday": ["SAT"]}, "A calendar has no 'weekday'. Did you mean 'weekdays'?"),
        ({"weekdays": "SAT"}, "weekdays is a list, not 'SAT'"),
        ({"weekdays": ["SATT"]}, "'SATT' is no weekday. Did you mean 'SAT'?"),
        ({"weekdays": [5]}, "5 is no weekday"),
        ({"dates": ["2026-02-30"]}, "'2026-02-30' is no day"),
        ({"dates": ["02-30"]}, "'02-30' is no day"),
        ({"dates": ["25.12."]}, 'write "2026-12-25"'),
        ({"dates": [datetime(2026, 1, 1)]}, "is no day"),
        ({"dates": {"2026-12-25": "Christmas"}}, "dates is a list"),
        ({"ranges": ["2026-12-25"]}, "is no pair"),
        ({"ranges": [("2026-12-25", "2026-12-24")]}, "ends before it begins"),
        ({"ranges": [("2026-12-25", "12-26")]}, "mixes a date with a day of every year"),
        ({"windows": [("2026-12-25", "soon")]}, "'soon' is no moment"),
        ({"windows": [("2026-12-25T08:00", "2026-12-25T08:00")]}, "ends before it begins"),
        ({"windows": [("2026-12-25T08:00", "2026-12-25T09:00+00:00")]}, "at one end only"),
        ({"timezone": "Europe/Berln"}, "Did you mean Europe/Berlin"),
        ({"also": [5]}, "5 is no name of a calendar"),
        ({"also": ["nowhere"]}, "There is no calendar 'nowhere'"),
        ({"dates": ["12-25"] * 20_000}, "more than 10000"),
        ({"windows": [(date(2026, 1, 1), date(2026, 1, 2))]}, "is no moment"),
    ],
)
@pytest.mark.django_db
def test_refused_with_a_sentence(rules, told):
    with pytest.raises(InvalidSchedule) as refusal:
        calendars.calendar(rules)
    assert told in str(refusal.value)
    assert len(str(refusal.value)) < 400


def test_a_calendar_too_long_for_a_row_is_refused():
    days = [str(date(2000, 1, 1) + n * DAY) for n in range(9000)]
    with pytest.raises(InvalidSchedule, match="write long stretches as ranges"):
        calendar(dates=days)


def test_by_name_with_others():
    with declared(
        holidays={"dates": ["12-25"]},
        business={"weekdays": ["SAT", "SUN"], "also": ["holidays"]},
    ):
        business = calendars.named("business")

        assert business.excludes(utc("2026-12-25"))
        assert business.excludes(utc("2026-12-26"))
        assert not business.excludes(utc("2026-12-24"))
        assert '"also": [{"dates": ["12-25"], "timezone": "UTC"}]' in business.spec()
        assert calendars.named("business") is business  # which costs nothing the second time


def test_a_name_means_what_the_setting_says_now():
    with declared(days={"weekdays": ["SAT"]}):
        assert calendars.named("days").excludes(utc("2026-11-21"))
    with declared(days={"weekdays": ["SUN"]}):
        assert not calendars.named("days").excludes(utc("2026-11-21"))
    with override_settings(TIME_ZONE="Asia/Tokyo"):
        assert calendars.calendar({"weekdays": ["SUN"]}).excludes(utc("2026-11-21T15:00"))
    with override_settings(TIME_ZONE="UTC"):
        assert not calendars.calendar({"weekdays": ["SUN"]}).excludes(utc("2026-11-21T15:00"))


@pytest.mark.django_db
def test_a_circle_is_refused():
    circle = declared(a={"also": ["b"]}, b={"also": ["c"]}, c={"also": ["b"]})
    with circle, pytest.raises(InvalidSchedule, match="leads back to it: b → c → b"):
        calendars.named("a")


@pytest.mark.django_db(databases="__all__")
def test_calendars_of_the_database_come_second():
    rows = StoredCalendar.objects.using(database())
    rows.create(name="shop", rules={"weekdays": ["SUN"], "also": ["holidays", "mine"]})
    rows.create(name="mine", rules={"dates": ["2026-06-01"]})
    rows.create(name="holidays", rules={"dates": ["2026-06-02"]})
    with declared(holidays={"dates": ["12-25"]}):
        shop = calendars.named("shop")

        assert shop.excludes(utc("2026-12-25"))
        assert shop.excludes(utc("2026-06-01"))
        assert not shop.excludes(utc("2026-06-02"))  # the setting's holidays are others
        with pytest.raises(InvalidSchedule, match="Did you mean 'holidays'"):
            calendars.named("holiday")
        with pytest.raises(InvalidSchedule, match="no calendar 'shop'"):
            calendars.declared("shop")
        rows.filter(pk="mine").update(rules={})
        assert not calendars.named("shop").excludes(utc("2026-06-01"))


@pytest.mark.django_db
def test_a_check_says_what_is_wrong():
    with declared(fine={"weekdays": ["SAT"]}, typo={"weekday": ["SAT"]}, lost={"also": ["fin"]}):
        told = {m.msg for m in run_checks(tags=["jobs"]) if m.id == "tasks_scheduler.E010"}
    assert told == {
        (
            "SCHEDULER['CALENDARS']: Calendar 'typo': A calendar has no 'weekday'. "
            "Did you mean 'weekdays'?"
        ),
        "SCHEDULER['CALENDARS']: There is no calendar 'fin'. Did you mean 'fine'?",
    }


@pytest.mark.django_db
@pytest.mark.parametrize("value", [[], {1: {}}, {"": {}}, {"x" * 65: {}}])
def test_calendars_are_a_dict_by_name(value):
    with override_settings(SCHEDULER={"CALENDARS": value}):
        assert "tasks_scheduler.E009" in {m.id for m in run_checks(tags=["jobs"])}


def test_rules_are_values():
    assert Rules.of({"weekdays": ["SUN", "SAT"]}) == Rules.of({"weekdays": ("sat", "Sunday")})
    assert hash(Rules.of({"dates": ["12-25"]})) == hash(Rules.of({"dates": ["12-25", "12-25"]}))
    assert isinstance(Calendar.of(Rules(timezone="UTC")), Calendar)
