"""Jobs that no database has, in the admin: seen, shown and acted on like the others."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.urls import reverse

from tasks_core import JobState, background, ids, job_backends
from tests.app.tasks import explode_once, nothing
from tests.tasks_core.redis_keys import empty
from tests.tasks_core.rows import make_job

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

LIST = "/admin/tasks_core/job/in/redis/"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_jobs():
    empty()


@pytest.fixture
def door():
    return background.on("redis")


def act(client, name, *results):
    sent = {"act": name, "job": [str(result.id) for result in results]}
    return client.post(LIST, sent, follow=True).content.decode()


def told(client, address=LIST):
    return client.get(address, follow=True).content.decode()


def test_the_list_shows_the_jobs_of_a_state(admin_client, door):
    ready, later = door.enqueue(nothing, label="Tea"), door.defer(nothing, when=HOUR, queue="mail")

    assert "Tea" in told(admin_client)
    assert str(later.id) in told(admin_client, f"{LIST}?state=scheduled")
    assert str(ready.id) not in told(admin_client, f"{LIST}?state=scheduled")
    assert str(ready.id) not in told(admin_client, f"{LIST}?queue=mail")
    assert "No jobs." in told(admin_client, f"{LIST}?state=failed")


def test_the_list_of_the_database_leads_to_it(admin_client, door):
    make_job()
    door.enqueue(nothing, label="Tea", queue="mail")

    first = told(admin_client, reverse("admin:tasks_core_job_changelist"))
    assert "?backend=redis" in first
    chosen = told(admin_client, "/admin/tasks_core/job/?backend=redis&queue=mail")
    assert "Tea" in chosen
    assert "Only of mail" in chosen


def test_a_job_has_a_page_as_if_a_table_had_it(admin_client, door):
    result = door.enqueue(explode_once, label="Tea")
    claimed = job_backends["redis"]
    owner = claimed.register(kind="worker", queues=None, concurrency=1)
    claimed.claim(owner=owner.pk, limit=1)

    page = told(admin_client, f"/admin/tasks_core/job/{result.id}/change/")
    assert "Tea" in page
    assert "explode_once" in page
    assert owner.name in page


def test_jobs_are_cancelled_retried_and_deleted(admin_client, door):
    first, second = door.enqueue(nothing), door.enqueue(nothing)
    backend = job_backends["redis"]

    assert "2 of 2 jobs cancelled" in act(admin_client, "cancel", first, second)
    assert "1 of 1 job made ready" in act(admin_client, "retry", first)
    assert "1 of 1 job deleted" in act(admin_client, "delete", second)
    assert backend.get(first.id).status == JobState.READY
    assert backend.get(second.id) is None
    assert "No job was chosen" in act(admin_client, "cancel")

    notes = LogEntry.objects.filter(object_id=str(first.id)).order_by("pk")
    assert [entry.change_message for entry in notes] == ["cancelled", "made ready"]


def test_a_queue_is_paused_and_resumed(admin_client, door):
    door.enqueue(nothing, queue="mail")
    queues = reverse("admin:tasks_core_queue_changelist")
    sent = {"backend": "redis", "queue": "mail", "reason": "storm", "pause": "1"}

    assert "mail" in told(admin_client, queues)
    assert "storm" in admin_client.post(queues, sent, follow=True).content.decode()
    assert job_backends["redis"].paused_queues() == {"mail"}
    admin_client.post(queues, {"backend": "redis", "queue": "mail", "resume": "1"})
    assert job_backends["redis"].paused_queues() == frozenset()


def test_who_may_only_look_may_not_act(client, door):
    result = door.enqueue(nothing)
    user = User.objects.create_user("eve", is_staff=True)
    client.force_login(user)
    assert client.get(LIST).status_code == 403

    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    assert 'name="act"' not in told(client)
    assert client.post(LIST, {"act": "cancel", "job": [str(result.id)]}).status_code == 403
    assert job_backends["redis"].get(result.id).status == JobState.READY


@pytest.mark.parametrize("alias", ["default", "dummy", "nowhere"])
def test_of_other_backends_there_is_no_such_page(admin_client, alias):
    assert admin_client.get(f"/admin/tasks_core/job/in/{alias}/").status_code == 404


def test_a_server_that_is_away_is_told_on_the_page(admin_client, settings, monkeypatch):
    monkeypatch.setattr("tasks_core.backends.redis.wire.TRIES", 1)
    options = {"url": "redis://127.0.0.1:1/0"}
    settings.JOBS = {**settings.JOBS, "redis": {**settings.JOBS["redis"], "OPTIONS": options}}

    assert "cannot be used" in told(admin_client)
    assert "cannot be used" in told(admin_client, reverse("admin:tasks_core_queue_changelist"))
    unknown = "/admin/tasks_core/job/0197c0de-0000-7000-8000-000000000000/change/"
    assert admin_client.get(unknown).status_code == 302


@pytest.fixture
def gone(settings, monkeypatch):
    """Let JOBS have one backend, on a server that is away."""
    monkeypatch.setattr("tasks_core.backends.redis.wire.TRIES", 1)
    name = "tasks_core.backends.redis.RedisBackend"
    settings.JOBS = {"default": {"BACKEND": name, "OPTIONS": {"url": "redis://127.0.0.1:1/0"}}}


@pytest.mark.usefixtures("gone")
def test_where_no_database_has_jobs_the_list_is_that_of_the_others(admin_client):
    address = reverse("admin:tasks_core_job_changelist")

    response = admin_client.get(f"{address}?queue=mail")

    assert response.url == "/admin/tasks_core/job/in/default/?queue=mail"


@pytest.mark.usefixtures("gone")
def test_of_a_job_that_cannot_be_asked_for_the_reason_is_told(admin_client):
    response = admin_client.get(f"/admin/tasks_core/job/{ids.job_id()}/change/", follow=True)

    assert "the Redis server cannot be used" in response.content.decode()


@pytest.mark.usefixtures("gone")
def test_a_pause_that_no_server_hears_of_is_told(admin_client):
    sent = {"backend": "default", "queue": "mail", "pause": "1"}

    response = admin_client.post("/admin/tasks_core/queue/", sent, follow=True)

    assert "the Redis server cannot be used" in response.content.decode()
    assert not LogEntry.objects.exists()
