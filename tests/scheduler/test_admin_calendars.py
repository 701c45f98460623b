"""Calendars of the database in the admin."""

import pytest

from scheduler.models import Calendar, OperatorAction, Schedule
from tasks_core.testing import FrozenClock
from tests.scheduler.admin_pages import in_database, member, page
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db

FULL = {
    "name": "away",
    "weekdays": ["SAT", "SUN"],
    "dates": "2026-12-24\r\n\r\n 12-25 ",
    "ranges": "2026-08-03 to 2026-08-21\n12-24 \u2013 01-01",
    "windows": "2026-03-11T18:00 .. 2026-03-12T08:00",
    "timezone": "Europe/Berlin",
    "reason": "holidays",
}


@pytest.fixture
def operator(client):
    user = member(
        *(f"{verb}_calendar" for verb in ("view", "add", "change", "delete")), "view_schedule"
    )
    client.force_login(user)
    return user


def save(client, *keys, **fields):
    address = page("change" if keys else "add", *keys, model="calendar")
    with FrozenClock(at(8)):
        return client.post(address, fields, follow=True)


def test_the_fields_become_rules_with_who_and_why(client, operator):
    response = save(client, **FULL)

    assert response.redirect_chain, response.context["adminform"].form.errors
    assert Calendar.objects.get().rules == {
        "weekdays": ["SAT", "SUN"],
        "dates": ["2026-12-24", "12-25"],
        "ranges": [["2026-08-03", "2026-08-21"], ["12-24", "01-01"]],
        "windows": [["2026-03-11T18:00", "2026-03-12T08:00"]],
        "timezone": "Europe/Berlin",
    }
    act = OperatorAction.objects.get()
    assert (act.verb, act.by, act.reason) == ("create calendar", "ada", "holidays")


def test_the_rules_come_back_as_fields(client, operator):
    save(client, **FULL)

    form = client.get(page("change", "away", model="calendar")).context["adminform"].form
    shown = {name: form[name].value() for name in ("dates", "ranges", "windows", "weekdays")}
    shown["timezone"] = form["timezone"].value()
    save(client, "away", **shown)

    assert shown["ranges"] == "2026-08-03 to 2026-08-21\n12-24 to 01-01"
    assert [act.verb for act in OperatorAction.objects.all()] == ["create calendar"]


def test_saving_tells_which_schedules_are_planned_anew(client, operator):
    save(client, name="away", weekdays=["WED"])
    with FrozenClock(at(8)):
        in_database(calendar="away", calendar_action="next", cron="0 9 * * *")

    response = save(client, "away", weekdays=["TUE"])

    html = response.content.decode()
    assert "1 schedule is planned anew." in html
    assert Schedule.objects.get().next_due_at == at(9, days=1)
    shown = client.get(page("change", "away", model="calendar")).content.decode()
    assert page("change", "tea") in shown


@pytest.mark.parametrize("name", ["away", "declared"])
def test_a_name_is_taken_once(client, operator, settings, name):
    settings.SCHEDULER = {"CALENDARS": {"declared": {"weekdays": ["SAT"]}}}
    save(client, name="away", weekdays=["WED"])

    response = save(client, name=name, weekdays=["TUE"])

    assert list(response.context["adminform"].form.errors) == ["name"]


def test_one_in_use_is_not_deleted_and_says_why(client, operator):
    save(client, name="away", weekdays=["WED"])
    save(client, name="free", weekdays=["WED"])
    in_database(calendar="away")

    asked = client.get(page("delete", "away", model="calendar")).content.decode()
    chosen = {"action": "delete_selected", "_selected_action": ["away", "free"], "post": "yes"}
    client.post(page("changelist", model="calendar"), chosen)
    client.post(page("delete", "free", model="calendar"), {"post": "yes"})

    assert "is used by" in asked
    assert [row.name for row in Calendar.objects.all()] == ["away"]


def test_who_may_view_only_reads(client, operator):
    save(client, name="away", weekdays=["WED"])
    client.force_login(member("view_calendar", name="eve"))

    html = client.get(page("change", "away", model="calendar")).content.decode()

    assert "WED" in html
    assert 'name="weekdays"' not in html
    assert save(client, "away", weekdays=["TUE"]).status_code == 403
