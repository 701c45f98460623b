"""Schedules and ledger in the admin: to view is one permission, to operate another."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scheduler import operations
from scheduler.dashboard.health import vitals
from scheduler.dashboard.lanes import lanes
from scheduler.models import Occurrence, Schedule
from scheduler.sync import sync
from scheduler.testing import only_declared
from tasks_core.testing import FrozenClock
from tests.scheduler.places import HOUR, MINUTE, at, declare, ledger, tick

pytestmark = pytest.mark.django_db

LIST = "admin:tasks_scheduler_schedule_changelist"


def member(*permissions):
    user = get_user_model().objects.create_user("ada", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.fixture
def operator(client):
    user = member("view_schedule", "change_schedule", "view_occurrence")
    client.force_login(user)
    return user


def act(client, action, **fields):
    posted = {"action": action, "_selected_action": ["tea"], "_confirm": "", "reason": "", **fields}
    return client.post(reverse(LIST), posted, follow=True)


class TestPages:
    @pytest.mark.parametrize(
        "name",
        [
            "admin:tasks_scheduler_schedule_changelist",
            "admin:tasks_scheduler_occurrence_changelist",
        ],
    )
    def test_the_lists_show_what_happened(self, admin_client, name):
        declare(at(8))
        tick(at(9))

        html = admin_client.get(reverse(name)).content.decode()

        assert "tea" in html

    def test_a_schedule_shows_its_future_and_its_past(self, admin_client):
        declare(at(8))
        tick(at(9))

        with FrozenClock(at(9, 1)):
            page = admin_client.get(reverse("admin:tasks_scheduler_schedule_change", args=["tea"]))

        html = page.content.decode()
        assert "2026-03-10 10:00:00 UTC" in html
        assert "2026-03-10 09:00:00 UTC" in html

    def test_a_trigger_that_fails_fails_no_page(self, admin_client):
        class Moody:
            error = None

            def next_after(self, moment):
                if self.error:
                    raise self.error
                return moment + HOUR

            def spec(self):
                return "moody"

        trigger = Moody()
        entry = {"task": "tests.app.tasks.nothing", "trigger": trigger}
        with only_declared({"tea": entry}), FrozenClock(at(8)):
            sync()
            trigger.error = ZeroDivisionError("no tea")
            address = reverse("admin:tasks_scheduler_schedule_change", args=["tea"])
            pages = [admin_client.get(each) for each in (address, reverse(LIST))]
            [lane] = lanes(now=at(8), span=HOUR)

        assert [page.status_code for page in pages] == [200, 200]
        assert "ZeroDivisionError: no tea" in pages[0].content.decode()
        assert lane.ticks == []

    def test_a_pause_that_is_over_is_none(self, admin_client):
        declare(at(8))
        Schedule.objects.update(paused_at=at(8, 10), paused_until=at(8, 20))

        html = admin_client.get(reverse(LIST), {"state": "active"}).content.decode()

        assert 'name="_selected_action"' in html

    @pytest.mark.parametrize("state", ["active", "paused", "quarantined", "retired"])
    def test_the_filter_of_states_knows_them_all(self, admin_client, state):
        declare(at(8))

        html = admin_client.get(reverse(LIST), {"state": state}).content.decode()

        assert ('name="_selected_action"' in html) == (state == "active")

    def test_a_line_of_the_ledger_leads_to_its_job(self, admin_client):
        declare(at(8))
        tick(at(9))
        job_id = Occurrence.objects.get().job_id

        page = admin_client.get(reverse("admin:tasks_scheduler_occurrence_changelist"))

        address = reverse("admin:tasks_core_job_change", args=[job_id])
        assert address in page.content.decode()
        assert admin_client.get(address).status_code == 200

    def test_nobody_edits_the_ledger_nor_what_is_declared_in_code(self, admin_client):
        declare(at(8))

        for name in ("occurrence", "operatoraction", "maintenance"):
            address = reverse(f"admin:tasks_scheduler_{name}_add")
            assert admin_client.get(address).status_code == 403
        address = reverse("admin:tasks_scheduler_schedule_change", args=["tea"])
        assert admin_client.post(address, {"task": "os.abort"}).status_code == 403
        assert 'name="task"' not in admin_client.get(address).content.decode()


class TestOperating:
    def test_who_may_view_may_not_operate(self, client):
        declare(at(8))
        client.force_login(member("view_schedule"))

        act(client, "pause")

        assert Schedule.objects.get().paused_at is None

    def test_a_pause_has_a_name_a_reason_and_a_line_in_the_history(self, client, operator):
        declare(at(8))

        with FrozenClock(at(8, 30)):
            act(client, "pause", reason="stock-taking")

        row = Schedule.objects.get()
        assert (row.paused_at, row.paused_by, row.pause_reason) == (
            at(8, 30),
            "ada",
            "stock-taking",
        )
        assert LogEntry.objects.get().change_message == "Paused: stock-taking"
        assert LogEntry.objects.get().user == operator

    def test_due_times_in_a_pause_are_recorded_as_paused_and_no_others(self, operator):
        declare(at(8))

        with FrozenClock(at(9, 30)):  # 09:00 was due and not looked at yet
            operations.pause("tea", user=operator)
        tick(at(10, 30))
        with FrozenClock(at(11, 30)):
            operations.resume("tea", user=operator)
        tick(at(12))

        assert ledger() == [(at(9), "enqueued"), (at(10), "paused"), (at(12), "overlap")]

    def test_a_pause_may_end_by_itself(self, operator):
        declare(at(8))

        with FrozenClock(at(8)):
            operations.pause("tea", user=operator, until=at(9, 30))
        tick(at(9))
        tick(at(10))

        assert ledger() == [(at(9), "paused"), (at(10), "enqueued")]

    def test_doing_nothing_is_not_noted(self, operator):
        declare(at(8))

        with FrozenClock(at(8, 1)):
            assert not operations.resume("tea", user=operator).was_paused
            assert operations.pause("tea", user=operator)
            assert not operations.pause("tea", user=operator)

        assert LogEntry.objects.count() == 1

    def test_out_of_quarantine_a_schedule_gets_what_it_missed(self, client, operator):
        declare(at(8))
        Schedule.objects.update(
            quarantined_at=at(8, 30), error="ValueError: sour", error_count=5, next_due_at=None
        )
        tick(at(9, 10))
        assert ledger() == []

        with FrozenClock(at(9, 20)):
            act(client, "release")
        tick(at(9, 20) + MINUTE)

        row = Schedule.objects.get()
        assert (row.quarantined_at, row.error, row.error_count) == (None, "", 0)
        assert ledger() == [(at(9), "enqueued")]


class TestAnotherDatabase:
    """The ledger's database is where SCHEDULER says, not where the routers read."""

    pytestmark = pytest.mark.django_db(databases=["default", "queue"])

    @pytest.fixture(autouse=True)
    def elsewhere(self, settings):
        settings.SCHEDULER = {"DATABASE": "queue"}
        moment = at(8)
        Schedule.objects.using("queue").create(
            key="tea",
            task="tests.app.tasks.nothing",
            trigger="cron 0 * * * * UTC",
            watermark=moment,
            floor=moment,
            known_since=moment,
            next_due_at=at(9),
        )
        Occurrence.objects.using("queue").create(
            schedule_key="tea",
            due_at=moment,
            until_at=moment,
            outcome="skipped",
            reason="paused",
            recorded_at=moment,
        )

    @pytest.mark.parametrize("name", ["schedule", "occurrence"])
    def test_the_admin_shows_its_rows(self, admin_client, name):
        page = admin_client.get(reverse(f"admin:tasks_scheduler_{name}_changelist"))

        assert "tea" in page.content.decode()

    def test_the_health_counts_its_rows(self):
        late = {vital.key: vital for vital in vitals(now=at(12))}

        assert late["schedulers"].level == "bad"
        assert late["overdue"].value == "1"


def test_the_ledger_asks_for_no_time_zone_tables(admin_client):
    declare(at(8))
    tick(at(9))

    with CaptureQueriesContext(connection) as asked:
        admin_client.get(reverse("admin:tasks_scheduler_occurrence_changelist"))

    functions = ("CONVERT_TZ", "django_datetime_trunc", "DATE_TRUNC")
    assert not [each for each in asked if any(name in each["sql"] for name in functions)]
