"""Schedules are made, changed and deleted in the admin, by operations and by nothing else."""

import pytest
from django.contrib.admin.models import LogEntry

from scheduler.admin.forms.kinds import initial_of
from scheduler.admin.forms.schedule import ScheduleForm
from scheduler.models import Occurrence, OperatorAction, Schedule
from scheduler.triggers import At, Cron, Daily, Every, Except, Monthly, Weekly
from tasks_core.testing import FrozenClock
from tests.scheduler.admin_pages import EFFECT, NOTHING, filled_in, in_database, member, page
from tests.scheduler.places import at, declare, tick

pytestmark = pytest.mark.django_db

MAY_ALL = ("view_schedule", "add_schedule", "change_schedule", "delete_schedule")


@pytest.fixture
def operator(client):
    user = member(*MAY_ALL)
    client.force_login(user)
    return user


def add(client, **fields):
    return client.post(page("add"), filled_in(**fields), follow=True)


def change(client, key, **fields):
    filled = filled_in(**fields)
    del filled["key"]
    return client.post(page("change", key), filled, follow=True)


def errors(response):
    return response.context["adminform"].form.errors


class TestAdding:
    def test_a_schedule_is_made_with_who_and_why(self, client, operator):
        with FrozenClock(at(8)):
            response = add(client, task=EFFECT, args='["tea"]', reason="the boss asked")

        assert response.redirect_chain, errors(response)
        row = Schedule.objects.get()
        assert (row.key, row.source, row.task, row.args) == ("report", "database", EFFECT, ["tea"])
        assert row.next_due_at == at(9)
        act = OperatorAction.objects.get()
        assert (act.verb, act.by, act.reason) == ("create", "ada", "the boss asked")
        assert LogEntry.objects.get().user == operator

    def test_what_is_due_then_becomes_a_job(self, client, operator):
        with FrozenClock(at(8)):
            add(client)
        tick(at(9))

        assert Occurrence.objects.get().outcome == "enqueued"

    @pytest.mark.parametrize(
        ("fields", "spec"),
        [
            ({"kind": "cron", "cron": "@daily"}, "cron 0 0 * * * UTC"),
            (
                {"kind": "every", "every_count": "90", "every_unit": "60"},
                "every 5400s from 1970-01-01T00:00:00+00:00",
            ),
            (
                {"kind": "every", "every_count": "8", "every_unit": "3600"}
                | {"every_from": "2026-01-01T06:00"},
                "every 28800s from 2026-01-01T06:00:00+00:00",
            ),
            (
                {"kind": "at", "at": "2026-12-24T18:00", "timezone": "Europe/Berlin"},
                "at 2026-12-24T17:00:00+00:00",
            ),
            ({"kind": "daily", "times": "17:30, 09:00"}, "every day at 09:00, 17:30 in UTC"),
            (
                {"kind": "weekly", "weekdays": ["FRI", "MON"], "times": "09:00"},
                "every week on MON, FRI at 09:00 in UTC",
            ),
            (
                {"kind": "weekly", "weekdays": ["MON"], "times": "09:00"}
                | {"nth": "2", "days_from": "2026-01-07"},
                "every 2 weeks on MON at 09:00 from 2026-01-05 in UTC",
            ),
            (
                {"kind": "monthly", "on": "15, last business day", "times": "09:00"},
                "every month on last business day, 15th day at 09:00 in UTC",
            ),
            (
                {"kind": "spec", "spec": '{"any of": ["cron 0 9 * * * UTC"]}'},
                '{"any of": ["cron 0 9 * * * UTC"]}',
            ),
        ],
        ids=lambda value: value if isinstance(value, str) else None,
    )
    def test_every_kind_of_trigger_has_its_fields(self, client, operator, fields, spec):
        with FrozenClock(at(8)):
            response = add(client, **fields)

        assert response.redirect_chain, errors(response)
        assert Schedule.objects.get().trigger == spec

    @pytest.mark.parametrize(
        ("field", "fields"),
        [
            ("key", {"key": ""}),
            ("key", {"key": "taken"}),
            ("task", {"task": "os.abort"}),
            ("args", {"args": "[1"}),
            ("args", {"args": '{"no": "list"}'}),
            ("args", {"args": "[" * 2000}),
            ("args", {"args": "[" + "9" * 5000 + "]"}),
            ("args", {"args": "[NaN]"}),
            ("args", {"task": EFFECT, "args": "[]"}),
            ("kwargs", {"kwargs": '{"sugar": 2}'}),
            ("cron", {"cron": "61 9 * * *"}),
            ("cron", {"cron": ""}),
            ("every_count", {"kind": "every"}),
            ("every_count", {"kind": "every", "every_count": "0"}),
            ("at", {"kind": "at", "at": "tomorrow"}),
            ("times", {"kind": "daily"}),
            ("times", {"kind": "daily", "times": "25:00"}),
            ("weekdays", {"kind": "weekly", "times": "09:00"}),
            ("on", {"kind": "monthly", "on": "last busines day", "times": "09:00"}),
            ("spec", {"kind": "spec", "spec": "import os"}),
            ("timezone", {"timezone": "CET/Berlin"}),
            ("catch_up_window", {"catch_up_window": "a while"}),
            ("catch_up_limit", {"catch_up_limit": "1000000"}),
            ("calendar", {"calendar": "nowhere"}),
            ("new_queue", {"queue": "other,", "new_queue": "a,b"}),
            ("queue", {"queue": "typed"}),
            ("backend", {"backend": "nowhere"}),
            ("__all__", {"start_at": "2026-05-01T00:00", "end_at": "2026-04-01T00:00"}),
        ],
    )
    def test_what_is_wrong_is_told_beside_its_field(self, client, operator, field, fields):
        in_database("taken")

        with FrozenClock(at(8)):
            response = add(client, **fields)

        assert list(errors(response)) == [field]
        assert Schedule.objects.count() == 1

    def test_fields_of_other_kinds_are_in_nobodys_way(self, client, operator):
        with FrozenClock(at(8)):
            response = add(client, every_count="zero", at="tomorrow", times="25:00", on="never")

        assert response.redirect_chain, errors(response)

    def test_a_preview_saves_nothing(self, client, operator):
        with FrozenClock(at(8)):
            response = add(client, _preview="Preview")

        assert Schedule.objects.count() == 0
        assert "2026-03-10 09:00:00" in response.content.decode()

    def test_a_queue_that_nobody_serves_is_told(self, client, operator):
        response = add(client, queue="other,", new_queue="ops")

        assert Schedule.objects.get().queue == "ops"
        assert "No live worker serves the queue “ops”" in response.content.decode()

    def test_tasks_are_chosen_with_their_signature(self, client, operator):
        html = client.get(page("add")).content.decode()

        assert "tests.app.tasks.leave_effect(name, **payload)" in html
        assert "tests.app.tasks.leave_attempt(seconds=0.0, at_first=0.0)" in html
        assert "os.abort" not in html


class TestChanging:
    def test_only_what_was_changed_is_changed(self, client, operator):
        with FrozenClock(at(8)):
            in_database(queue="ops", splay=90, catch_up_window=3600, max_attempts=3)
            fields = {"cron": "0 * * * *", "queue": "ops", "splay": "90 s", "max_attempts": "3"}
            change(client, "tea", **fields, catch_up_window="2 h", priority="0")

        act = OperatorAction.objects.get(verb="change")
        assert act.details == {
            "before": {"catch_up_window": 3600.0},
            "after": {"catch_up_window": 7200.0},
        }

    def test_what_is_saved_as_it_was_is_no_change(self, client, operator):
        with FrozenClock(at(8)):
            in_database()
            response = change(client, "tea", cron="0 * * * *", queue="default", priority="0")

        assert response.redirect_chain, errors(response)
        assert not OperatorAction.objects.filter(verb="change").exists()

    def test_another_trigger_counts_from_now(self, client, operator):
        with FrozenClock(at(8)):
            in_database()
        with FrozenClock(at(9, 30)):
            change(client, "tea", kind="daily", times="12:00")

        row = Schedule.objects.get()
        assert (row.trigger, row.next_due_at) == ("every day at 12:00 in UTC", at(12))
        assert Occurrence.objects.get().due_at == at(9)

    def test_a_calendar_can_be_taken_away(self, client, operator, settings):
        settings.SCHEDULER = {"CALENDARS": {"weekend": {"weekdays": ["SAT", "SUN"]}}}
        with FrozenClock(at(8)):
            in_database(calendar="weekend", calendar_action="next")
            response = change(client, "tea", cron="0 * * * *", calendar="")

        assert response.redirect_chain, errors(response)
        row = Schedule.objects.get()
        assert (row.calendar, row.calendar_rules, row.calendar_action) == ("", "", "skip")

    def test_who_may_view_only_sees_and_changes_nothing(self, client):
        client.force_login(member("view_schedule"))
        in_database()

        html = client.get(page("change", "tea")).content.decode()

        assert 'name="cron"' not in html
        assert "Pause…" not in html
        assert change(client, "tea").status_code == 403
        assert client.get(page("add")).status_code == 403
        assert client.post(page("delete", "tea"), {"post": "yes"}).status_code == 403


class TestDeleting:
    def test_a_schedule_of_the_database_goes_and_its_ledger_stays(self, client, operator):
        with FrozenClock(at(8)):
            in_database()
        tick(at(9))

        with FrozenClock(at(9, 1)):
            asked = client.get(page("delete", "tea")).content.decode()
            client.post(page("delete", "tea"), {"post": "yes", "reason": "the customer left"})

        assert 'name="reason"' in asked
        assert not Schedule.objects.exists()
        assert Occurrence.objects.count() == 1
        assert OperatorAction.objects.filter(
            verb="delete", by="ada", reason="the customer left"
        ).exists()

    def test_many_go_with_one_reason(self, client, operator):
        in_database("tea")
        in_database("milk")

        chosen = {"action": "delete_selected", "_selected_action": ["tea", "milk"]}
        asked = client.post(page("changelist"), chosen).content.decode()
        client.post(page("changelist"), {**chosen, "post": "yes", "reason": "closed"})

        assert 'name="reason"' in asked
        assert asked.count('name="_selected_action"') == 2
        assert not Schedule.objects.exists()
        assert OperatorAction.objects.filter(verb="delete", reason="closed").count() == 2

    def test_one_of_the_code_is_named_and_stays(self, client, operator):
        declare(at(8))

        chosen = {"action": "delete_selected", "_selected_action": ["tea"]}
        asked = client.post(page("changelist"), chosen)
        client.post(page("changelist"), {**chosen, "post": "yes"})

        assert "tea, declared in Settings" in asked.content.decode()
        assert Schedule.objects.exists()
        assert client.post(page("delete", "tea"), {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    "trigger",
    [
        Cron("30 2 * * *", timezone="Europe/Berlin"),
        Every(seconds=90),
        Every(days=2, anchor=at(6)),
        At(at(18)),
        Daily("09:00, 17:30:15", timezone="Asia/Tokyo"),
        Daily("09:00", every=3, anchor="2026-01-05"),
        Weekly("MON, FRI", at="09:00"),
        Weekly("SUN", at="09:00", every=2, anchor="2026-01-05"),
        Monthly("last business day", at="17:00"),
        Monthly([1, -1], at="17:00", every=3, anchor="2026-02-01"),
        Monthly("last business day", at="17:00", calendar={"dates": ["12-24"]}),
        Except(Every(seconds=90), {"weekdays": ["SAT"]}),
    ],
    ids=lambda trigger: trigger.spec(),
)
def test_a_stored_trigger_is_shown_in_the_fields_that_make_it(trigger):
    initial = initial_of(trigger.spec())
    said = {"key": "tea", "task": NOTHING, "catch_up": "latest", "overlap": "skip"}

    form = ScheduleForm({**said, **{name: value for name, value in initial.items() if value}})

    assert form.is_valid(), form.errors
    assert form.trigger.spec() == trigger.spec()
