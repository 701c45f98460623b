"""What a form answers while somebody types: the errors of a save, and the next due times."""

import pytest
from django.test import Client

from scheduler.admin.calendars import excluded
from scheduler.calendars import calendar
from scheduler.models import Schedule
from tasks_core.testing import FrozenClock
from tests.scheduler.admin_pages import filled_in, in_database, member, page
from tests.scheduler.places import at, declare

pytestmark = pytest.mark.django_db

SPRING = at(12, days=18)  # 28 March 2026, the day before clocks go forward in Europe


@pytest.fixture
def operator(client):
    user = member("add_schedule", "change_schedule", "add_calendar", "change_calendar")
    client.force_login(user)
    return user


def ask(client, *, name="add_preview", keys=(), now=None, **fields):
    with FrozenClock(now or at(8)):
        return client.post(page(name, *keys), filled_in(**fields)).json()


class TestDueTimes:
    def test_the_next_five_are_told_here_and_in_utc(self, client, operator):
        html = ask(client, cron="0 9 * * *", timezone="America/New_York")["html"]

        assert "Tue 2026-03-10 09:00:00" in html
        assert "2026-03-10 13:00:00" in html
        assert "in 5 h" in html
        assert html.count("<tr><td>") == 5

    def test_a_change_of_the_clocks_is_noted(self, client, operator):
        html = ask(client, now=SPRING, cron="30 2 * * *", timezone="Europe/Berlin")["html"]

        assert "Sun 2026-03-29 03:00:00" in html
        assert "moved from 02:30, which does not exist" in html

    def test_what_a_calendar_does_is_noted(self, client, operator, settings):
        settings.SCHEDULER = {"CALENDARS": {"weekend": {"weekdays": ["SAT", "SUN"]}}}
        fields = {"now": SPRING, "calendar": "weekend"}

        skipped = ask(client, **fields, calendar_action="skip")["html"]
        moved = ask(client, **fields, calendar_action="next", cron="0 9 * * SUN")["html"]

        assert "skipped: weekend excludes it" in skipped
        assert "Mon 2026-03-30 09:00:00" in moved
        assert "moved here by weekend" in moved

    def test_a_beginning_and_an_end_are_heeded(self, client, operator):
        html = ask(client, start_at="2026-05-01T00:00", end_at="2026-05-02T12:00")["html"]

        assert html.count("<tr><td>") == 2
        assert "2026-05-01 09:00:00" in html

    def test_what_is_never_due_is_told(self, client, operator):
        html = ask(client, kind="at", at="2026-01-01T09:00")["html"]

        assert "It is never due again." in html

    def test_the_task_tells_how_it_is_called(self, client, operator):
        html = ask(client, task="tests.app.tasks.leave_effect_and_rest")["html"]

        assert "leave_effect_and_rest(name, seconds)" in html
        assert "Leave an effect at the start, then take some time." in html

    def test_a_queue_without_a_worker_is_told(self, client, operator):
        assert "No live worker serves the queue “default”" in ask(client)["html"]


class TestErrors:
    @pytest.mark.parametrize(
        "fields",
        [
            {"cron": "0 25 * * *"},
            {"cron": "0 9 * * * *"},
            {"kind": "every", "every_count": "-5"},
            {"kind": "weekly", "weekdays": ["MON"], "times": "9 o'clock"},
            {"timezone": "CET/Berlin"},
            {"args": "[1, 2", "catch_up_window": "soon"},
            {"kwargs": '{"sugar": 2}'},
            {"key": "tea"},
        ],
    )
    def test_they_are_those_of_a_save(self, client, operator, fields):
        in_database("tea")

        told = ask(client, **fields)["errors"]
        saved = client.post(page("add"), filled_in(**fields))

        assert told == saved.context["adminform"].form.errors.get_json_data()
        assert told != {}

    def test_of_a_change_they_are_those_of_the_change(self, client, operator):
        in_database("tea")

        fields = {"name": "change_preview", "keys": ["tea"], "cron": "0 25 * * *"}
        told = ask(client, **fields)["errors"]

        assert list(told) == ["cron"]

    def test_an_override_has_its_own(self, client, operator):
        declare(at(8))

        fields = {"name": "override_preview", "keys": ["tea"], "kwargs": '{"sugar": 2}'}
        told = ask(client, **fields, cron="15 * * * *", reason="why")

        assert list(told["errors"]) == ["kwargs"]
        assert "2026-03-10 08:15:00" in told["html"]

    def test_nothing_is_stored(self, client, operator):
        ask(client)

        assert not Schedule.objects.exists()


class TestWhoMay:
    @pytest.mark.parametrize("permissions", [(), ("view_schedule",), ("change_schedule",)])
    def test_only_who_may_add_is_answered(self, client, permissions):
        client.force_login(member(*permissions))

        assert client.post(page("add_preview"), filled_in()).status_code == 403

    @pytest.mark.parametrize("name", ["change_preview", "override_preview"])
    def test_only_who_may_change_is_answered(self, client, name):
        declare(at(8))
        client.force_login(member("view_schedule", "add_schedule"))

        assert client.post(page(name, "tea"), filled_in()).status_code == 403

    def test_strangers_are_sent_to_log_in(self, client):
        assert client.get(page("add_preview")).url.startswith("/admin/login/")


class TestArgumentsStayOutOfLogs:
    """What is typed goes in the body, as addresses are written into logs."""

    ADDRESSES = [
        page("add_preview"),
        page("change_preview", "own"),
        page("override_preview", "tea"),
        page("add_preview", model="calendar"),
    ]

    @pytest.fixture(autouse=True)
    def there(self):
        declare(at(8))
        in_database("own")

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_an_address_with_them_is_not_answered(self, client, operator, address):
        assert client.get(address, filled_in()).status_code == 405
        assert client.post(address, filled_in()).status_code == 200

    @pytest.mark.parametrize("address", ADDRESSES)
    def test_other_sites_cannot_ask(self, operator, address):
        strict = Client(enforce_csrf_checks=True)
        strict.force_login(operator)
        strict.get(page("add"))
        token = strict.cookies["csrftoken"].value

        assert strict.post(address, filled_in()).status_code == 403
        answer = strict.post(address, {**filled_in(), "csrfmiddlewaretoken": token})
        assert answer.status_code == 200


HOSTILE = [
    "<script>alert(1)</script>",
    "' OR 1=1 --",
    "\x00",
    "\ud800".encode("utf-8", "surrogatepass").decode("latin-1"),
    "9" * 5000,
    "[" * 3000,
    "{" * 3000,
    "*/1," * 60,
    "0-59/1 " * 5,
    "-1",
    "1e999",
    "٣",
    "../../etc/passwd",
    "2026-12-24T18:00:00+99:00",
    "0001-01-01T00:00",
    "9999-12-31T23:59:59",
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
@pytest.mark.parametrize(
    "kind", ["cron", "every", "daily", "weekly", "monthly", "at", "spec", "no kind"]
)
def test_whatever_is_typed_is_answered(client, operator, kind, text):
    fields = dict.fromkeys(
        [
            *("cron", "every_count", "every_unit", "every_from", "at", "on", "times", "nth"),
            *("days_from", "spec", "timezone", "args", "kwargs", "start_at", "end_at", "splay"),
            *("catch_up_window", "calendar", "queue", "task", "max_runs", "priority", "weekdays"),
        ],
        text,
    )

    answer = ask(client, kind=kind, **fields)

    assert answer["errors"]
    assert "<script>alert" not in answer["html"]


class TestCalendars:
    def look(self, client, **fields):
        with FrozenClock(at(8)):
            fields = {"name": "x", **fields}
            return client.post(page("add_preview", model="calendar"), fields).json()

    def test_the_next_excluded_times_are_told(self, client, operator):
        html = self.look(client, weekdays=["SAT", "SUN"], dates="2026-03-12\n12-25")["html"]

        assert "Thu 2026-03-12 00:00" in html
        assert "Sat 2026-03-14 00:00" in html

    @pytest.mark.parametrize(
        ("field", "text"),
        [
            ("dates", "the 3rd"),
            ("ranges", "2026-08-03"),
            ("ranges", "2026-08-21 to 2026-08-03"),
            ("windows", "2026-08-03T10:00 to tomorrow"),
            ("timezone", "Mars/Olympus"),
            ("also", "nowhere"),
        ],
    )
    def test_what_is_wrong_is_told_beside_its_field(self, client, operator, field, text):
        assert list(self.look(client, **{field: text})["errors"]) == [field]

    @pytest.mark.parametrize("text", HOSTILE, ids=lambda text: ascii(text[:20]))
    def test_whatever_is_typed_is_answered(self, client, operator, text):
        fields = dict.fromkeys(["dates", "ranges", "windows", "timezone", "also"], text)

        assert self.look(client, **fields)["errors"]

    def test_one_that_excludes_everything_is_answered(self):
        week = calendar({"weekdays": ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]})

        [stretch] = excluded(week, now=at(8))

        assert stretch["until"] is None

    def test_strangers_get_no_answer(self, client):
        client.force_login(member("view_calendar"))

        assert client.post(page("add_preview", model="calendar")).status_code == 403
