"""The dashboard tells what is alive, late and failed, and says the same in HTML and in JSON."""

import json
from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.test import override_settings
from django.urls import include, path, reverse

from scheduler import dashboard
from scheduler.dashboard import drawing
from scheduler.dashboard.spans import span
from scheduler.models import Schedule
from scheduler.operations.maintenance import begin_maintenance, end_maintenance
from tasks_core import JobState, background, job_backends
from tasks_core.models import Limit, Queue
from tasks_core.testing import FrozenClock, drain
from tests.app import tasks
from tests.scheduler.places import HOUR, MINUTE, at, declare, tick
from tests.tasks_core.rows import make_job

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

urlpatterns = [
    path("admin/", admin.site.urls),
    path("jobs/", include("scheduler.urls")),
]


def look(moment, **options):
    with FrozenClock(moment):
        return dashboard.snapshot(**options)


def vital(snapshot, key):
    return next(each for each in snapshot.vitals if each.key == key)


def ticks(snapshot, state):
    return [tick.at for lane in snapshot.lanes for tick in lane.ticks if tick.state == state]


@pytest.fixture
def viewer(client):
    """Log a member of staff in who may view schedules and do nothing else."""
    user = get_user_model().objects.create_user("viewer", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_schedule"))
    client.force_login(user)
    return client


class TestHealth:
    def test_without_processes_it_says_what_to_start(self):
        declare(at(8))

        snapshot = look(at(8, 1))

        told = {key: vital(snapshot, key) for key in ("schedulers", "workers")}
        assert {each.level for each in told.values()} == {"bad"}
        assert told["schedulers"].advice == "manage.py run_scheduler"
        assert told["workers"].advice == "manage.py run_worker"

    def test_a_scheduler_is_not_missed_where_nothing_is_scheduled(self):
        assert vital(look(at(8)), "schedulers").level == "off"

    def test_a_living_worker_is_counted_and_a_stopped_one_is_not(self):
        backend = job_backends["default"]
        now = backend.now()
        process = backend.register(kind="worker", queues=None, concurrency=1)
        alive = vital(look(now), "workers")
        backend.end(process.pk)

        stopped = vital(look(now), "workers")

        assert (alive.value, alive.level, stopped.level) == ("1", "good", "bad")

    def test_a_due_time_that_nobody_decided_is_overdue(self):
        declare(at(8))

        in_time, late = look(at(9, 0, 5)), look(at(9, 0, 30))

        assert vital(in_time, "overdue").level == "good"
        assert (vital(late, "overdue").level, vital(late, "overdue").since) == ("bad", at(9))
        assert ticks(late, "missing") == [at(9)]

    def test_a_job_that_waits_too_long_asks_for_workers(self):
        with FrozenClock(at(8)):
            background.enqueue(tasks.nothing)

        assert vital(look(at(8, 0, 30)), "oldest_ready").level == "good"
        assert vital(look(at(8, 2)), "oldest_ready").level == "bad"

    def test_failed_jobs_of_the_past_day_are_counted(self):
        with FrozenClock(at(8)):
            background.enqueue(tasks.leave_the_process, max_attempts=1)
            drain()

        assert vital(look(at(9)), "failed").value == "1"
        assert vital(look(at(9, days=1)), "failed").value == "0"


class TestLanes:
    def test_ticks_show_what_became_of_due_times_and_what_comes(self):
        declare(at(8), cron="*/20 * * * *")
        tick(at(8, 20))
        with FrozenClock(at(8, 20)):
            drain()
        tick(at(8, 40))
        tick(at(9))

        snapshot = look(at(9, 1))

        assert ticks(snapshot, "successful") == [at(8, 20)]
        assert ticks(snapshot, "waiting") == [at(8, 40)]
        assert ticks(snapshot, "skipped") == [at(9)]
        assert ticks(snapshot, "planned") == [at(9, 20), at(9, 40), at(10)]

    def test_a_job_made_late_is_drawn_as_late(self):
        declare(at(8))
        tick(at(9, 5))
        with FrozenClock(at(9, 5)):
            drain()

        assert ticks(look(at(9, 6)), "late") == [at(9)]

    def test_a_fast_schedule_has_no_more_ticks_than_buckets(self):
        declare(at(8), every=timedelta(seconds=1))

        lane = look(at(8), span=HOUR).lanes[0]

        assert 100 <= len(lane.ticks) <= 121

    def test_a_paused_schedule_plans_nothing(self):
        declare(at(8))
        Schedule.objects.update(paused_at=at(8))

        lane = look(at(8, 1)).lanes[0]

        assert (lane.state, lane.ticks) == ("paused", [])

    def test_a_stretch_of_skips_is_one_mark(self):
        declare(at(8), every=MINUTE)
        Schedule.objects.update(paused_at=at(8))
        tick(at(8, 30))

        lane = look(at(8, 30)).lanes[0]

        assert [(each.at, each.until, each.count) for each in lane.ticks] == [
            (at(8, 1), at(8, 30), 30)
        ]

    def test_a_lane_keeps_its_drawing_while_time_moves_on(self):
        declare(at(8))

        one = drawing.drawn(look(at(8, 1)))[0]
        other = drawing.drawn(look(at(8, 2)))[0]

        assert one.marks == other.marks
        assert one.view_box != other.view_box

    def test_the_look_asks_a_fixed_number_of_questions(self, django_assert_max_num_queries):
        declare(at(8))
        for number in range(30):
            Schedule.objects.filter(key="tea").get()
            row = Schedule.objects.get(key="tea")
            row.pk = f"tea {number}"
            row.save(force_insert=True)

        with FrozenClock(at(9)), django_assert_max_num_queries(32):
            dashboard.snapshot()


class TestJobs:
    def test_progress_and_limits_are_told(self):
        make_job(JobState.RUNNING, label="moves", progress_done=3, progress_total=10)
        make_job(label="waits", parked=True, concurrency_key="pot", concurrency_limit=1)
        Limit.objects.create(key="pot", permits=1)

        snapshot = look(at(9))

        lines = {line.label: line for line in snapshot.jobs}
        assert (lines["moves"].progress, lines["moves"].percent) == ("3 of 10 (30 %)", 30)
        assert lines["waits"].note == "waits for concurrency key pot"
        assert snapshot.counts["ready"] == 1

    def test_of_many_running_jobs_those_that_tell_their_progress_are_shown(self):
        make_job(JobState.RUNNING, label="moves", progress_done=3, progress_total=10)
        for _ in range(20):
            make_job(JobState.RUNNING, started_at=at(8))

        assert "moves" in {line.label for line in look(at(9)).jobs}

    def test_a_job_of_a_paused_queue_is_not_late(self):
        make_job(queue="mail", run_after=at(8))
        Queue.objects.create(name="mail", paused_at=at(8))

        assert vital(look(at(9)), "oldest_ready").level == "good"


class TestPages:
    def test_strangers_log_in_first(self, client):
        answer = client.get(reverse("tasks_scheduler:dashboard"))

        assert answer.status_code == 302
        assert reverse("admin:login") in answer.url

    def test_staff_without_the_permission_is_refused(self, client):
        client.force_login(get_user_model().objects.create_user("clerk", is_staff=True))

        assert client.get(reverse("tasks_scheduler:dashboard")).status_code == 403
        assert client.get(reverse("tasks_scheduler:live")).status_code == 403

    def test_the_permission_without_staff_is_refused(self, client):
        user = get_user_model().objects.create_user("reader")
        user.user_permissions.add(Permission.objects.get(codename="view_schedule"))
        client.force_login(user)

        assert client.get(reverse("tasks_scheduler:snapshot")).status_code == 403

    @pytest.mark.parametrize("asked", ["5m", "1h", "1d", "", "<script>"])
    def test_the_page_works_without_its_script(self, viewer, asked):
        declare(at(8))
        tick(at(9))

        with FrozenClock(at(9, 1)):
            page = viewer.get(reverse("tasks_scheduler:dashboard"), {"span": asked})

        html = page.content.decode()
        assert "tea" in html
        assert "09:00:00" in html
        assert "style=" not in html
        assert "<script>" not in html

    def test_an_empty_page_teaches(self, viewer):
        html = viewer.get(reverse("tasks_scheduler:dashboard")).content.decode()

        assert "@periodic" in html
        assert "background.enqueue" in html

    @pytest.mark.parametrize("name", ["live", "snapshot"])
    def test_nothing_new_is_answered_with_304(self, viewer, name):
        declare(at(8))
        address = reverse(f"tasks_scheduler:{name}")
        with FrozenClock(at(8, 1)):
            first = viewer.get(address)
        known = {"if-none-match": first.headers["ETag"]}

        with FrozenClock(at(8, 1, 20)):
            same = viewer.get(address, headers=known)
        tick(at(9))
        with FrozenClock(at(9)):
            other = viewer.get(address, headers=known)

        assert (first.status_code, same.status_code, other.status_code) == (200, 304, 200)

    def test_the_data_can_be_read_by_a_monitor(self, viewer):
        declare(at(8))

        with FrozenClock(at(8, 1)):
            told = json.loads(viewer.get(reverse("tasks_scheduler:snapshot")).content)

        assert told["lanes"][0]["key"] == "tea"
        assert {each["key"]: each["level"] for each in told["vitals"]}["workers"] == "bad"

    def test_maintenance_is_told_as_long_as_it_lasts(self, viewer):
        with FrozenClock(at(8)):
            begin_maintenance(user="ada", reason="moving <house>")
            html = viewer.get(reverse("tasks_scheduler:dashboard")).content.decode()
            part = viewer.get(reverse("tasks_scheduler:live")).json()["parts"]["health"]
            told = viewer.get(reverse("tasks_scheduler:snapshot")).json()
            end_maintenance(user="ada")
            after = viewer.get(reverse("tasks_scheduler:dashboard")).content.decode()

        for text in (html, part):
            assert "moving &lt;house&gt;" in text
            assert "by ada" in text
        assert told["closure"]["reason"] == "moving <house>"
        assert "moving" not in after

    def test_arguments_and_markup_of_strangers_stay_out(self, viewer):
        background.enqueue(tasks.leave_effect, ["s3cret"], label="<b>bold</b>", queue="kitchen")

        html = viewer.get(reverse("tasks_scheduler:dashboard")).content.decode()

        assert "s3cret" not in html
        assert "<b>bold</b>" not in html


@override_settings(LOGIN_URL="/door/")
@pytest.mark.urls("tests.scheduler.urls_without_admin")
def test_without_the_admin_the_site_logs_people_in(client):
    assert client.get(reverse("tasks_scheduler:dashboard")).url.startswith("/door/")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.004, "4 ms"), (3.21, "3.2 s"), (300, "5 min"), (7300, "2 h"), (800_000, "9 d")],
)
def test_lengths_of_time_are_short(seconds, words):
    assert span(seconds) == words
