"""Jobs and processes in the admin: to view is one permission, to operate another."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from tasks_core import JobState, background
from tasks_core.backends.database.questions import indexed
from tasks_core.models import Job, Limit, Queue
from tasks_core.testing import drain
from tests.app.tasks import explode_once
from tests.tasks_core.rows import fresh, make_job, make_process

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

JOBS = "admin:tasks_core_job_changelist"
QUEUES = "admin:tasks_core_queue_changelist"
LIMITS = "admin:tasks_core_limit_changelist"


@pytest.fixture
def member(client):
    """Return a member of staff who may view jobs, and is logged in."""
    user = get_user_model().objects.create_user("ann", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_job"))
    client.force_login(user)
    return user


def may_operate(user):
    user.user_permissions.add(Permission.objects.get(codename="change_job"))


def may_delete(user):
    user.user_permissions.add(Permission.objects.get(codename="delete_job"))


def history():
    return {(entry.object_id, entry.change_message) for entry in LogEntry.objects.all()}


def act(client, action, *jobs):
    chosen = [str(job.pk) for job in jobs]
    return client.post(
        reverse(JOBS), {"action": action, "_selected_action": chosen}, follow=True
    ).content.decode()


def page_of(client, job):
    response = client.get(reverse("admin:tasks_core_job_change", args=[job.pk]))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris"])
def test_the_list_shows_jobs_of_every_state(admin_client, settings, zone):
    settings.TIME_ZONE = zone
    for state in JobState:
        make_job(state, label=f"tea {state}")

    html = admin_client.get(reverse(JOBS)).content.decode()

    for state in JobState:
        assert f"tea {state}" in html


def test_the_list_can_be_searched_and_filtered(admin_client):
    make_job(label="tea")
    make_job(JobState.FAILED, label="coffee")

    found = admin_client.get(reverse(JOBS), {"q": "tea"}).content.decode()
    failed = admin_client.get(reverse(JOBS), {"state__exact": "failed"}).content.decode()

    assert ">tea <small" in found
    assert ">coffee <small" not in found
    assert ">coffee <small" in failed
    assert ">tea <small" not in failed


@pytest.mark.parametrize("state", JobState)
def test_a_job_of_any_state_has_a_page(admin_client, state):
    assert "tests.app.tasks.nothing" in page_of(admin_client, make_job(state))


def test_a_failed_job_shows_its_traceback(admin_client):
    background.enqueue(explode_once)
    drain()

    assert "RuntimeError: boom" in page_of(admin_client, Job.objects.get())


def test_a_page_says_nothing_of_what_its_job_has_not(admin_client):
    running, done = make_job(JobState.RUNNING), make_job(JobState.SUCCESSFUL, label="Tea")
    names = ("Return value:", "Label:", "Concurrency key:", "One at a time", "What went wrong")

    assert [name in page_of(admin_client, running) for name in names] == [False] * 5
    assert [name in page_of(admin_client, done) for name in names] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_what_a_job_carries_is_shown_as_text(admin_client):
    evil = "<script>alert(1)</script>"
    job = make_job(
        JobState.SUCCESSFUL,
        args=[evil],
        label=evil,
        return_value=evil,
        errors=[{"attempt": 1, "at": "", "traceback": evil}],
    )

    assert evil not in page_of(admin_client, job)
    assert evil not in admin_client.get(reverse(JOBS)).content.decode()


def test_who_may_only_view_is_offered_no_actions(client, member):
    job = make_job()

    act(client, "cancel", job)

    assert fresh(job).state == JobState.READY


def test_nobody_edits_adds_or_removes_rows_by_hand(admin_client):
    job = make_job()

    assert admin_client.get(reverse("admin:tasks_core_job_add")).status_code == 403
    url = reverse("admin:tasks_core_job_change", args=[job.pk])
    assert admin_client.post(url, {"queue": "other"}).status_code == 403
    url = reverse("admin:tasks_core_job_delete", args=[job.pk])
    assert admin_client.post(url, {"post": "yes"}).status_code == 403


def test_who_operates_retries_cancels_and_deletes(client, member):
    may_operate(member)
    may_delete(member)
    failed, ready, running = (
        make_job(state) for state in (JobState.FAILED, JobState.READY, JobState.RUNNING)
    )

    assert "1 of 1 job made ready" in act(client, "retry", failed)
    assert "1 of 2 jobs cancelled, 1 asked to stop" in act(client, "cancel", ready, running)
    assert "1 of 2 jobs deleted" in act(client, "delete", ready, running)

    assert fresh(failed).state == JobState.READY
    assert fresh(running).state == JobState.RUNNING
    assert not Job.objects.filter(pk=ready.pk).exists()
    assert history() == {
        (str(failed.pk), "made ready"),
        (str(ready.pk), "cancelled"),
        (str(running.pk), "asked to stop"),
        (str(ready.pk), "deleted"),
    }
    assert {entry.user for entry in LogEntry.objects.all()} == {member}


@pytest.mark.parametrize(
    ("allow", "action"), [(may_operate, "delete"), (may_delete, "cancel"), (may_delete, "retry")]
)
def test_to_delete_is_another_permission_than_to_operate(client, member, allow, action):
    allow(member)
    job = make_job(JobState.FAILED if action == "retry" else JobState.READY)

    act(client, action, job)

    assert fresh(job).state == job.state
    assert not LogEntry.objects.exists()


def test_processes_are_listed_alive_or_not(admin_client):
    process = make_process(name="kettle")

    html = admin_client.get(reverse("admin:tasks_core_process_changelist")).content.decode()

    assert "kettle" in html
    url = reverse("admin:tasks_core_process_change", args=[process.pk])
    assert admin_client.get(url).status_code == 200


def listed(client, **filters):
    return client.get(reverse(JOBS), filters).content.decode()


@pytest.mark.parametrize("state", [*(state.value for state in JobState), "parked"])
def test_each_state_can_be_chosen_and_parked_ones_apart(admin_client, state):
    Limit.objects.create(key="pot", permits=1)
    for each in JobState:
        make_job(each, label=f"a {each} job")
    make_job(label="a parked job", parked=True, concurrency_key="pot", concurrency_limit=1)

    html = listed(admin_client, state__exact=state)

    assert [name for name in [*JobState, "parked"] if f"a {name} job" in html] == [state]


def test_jobs_are_chosen_by_queue_and_task(admin_client):
    make_job(queue="mail", label="letter")
    make_job(JobState.SUCCESSFUL, task="a.b", label="parcel")

    by_queue, by_task = listed(admin_client, queue="mail"), listed(admin_client, task="a.b")

    assert ("letter" in by_queue, "parcel" in by_queue) == (True, False)
    assert ("letter" in by_task, "parcel" in by_task) == (False, True)
    assert "?queue=mail" in listed(admin_client)
    assert "?task=a.b" in listed(admin_client)


def test_a_job_is_found_by_its_id(admin_client):
    mine, other = make_job(label="mine"), make_job(label="another")

    html = listed(admin_client, q=str(mine.pk))

    assert ("mine" in html, "another" in html) == (True, False)
    assert other.pk != mine.pk


def test_counting_stops_where_nobody_turns_pages(admin_client, monkeypatch):
    monkeypatch.setattr(indexed, "COUNTED", 3)
    for _ in range(5):
        make_job()

    assert "3 jobs" in listed(admin_client)


def test_progress_and_what_a_job_waits_for_are_shown(admin_client):
    running = make_job(JobState.RUNNING, progress_done=3, progress_total=10)
    parked = make_job(parked=True, concurrency_key="pot", suspect=True)

    html = listed(admin_client)

    assert '<progress class="job-progress" max="10" value="3">' in html
    assert "waits for concurrency key pot" in html
    assert "its process died" in page_of(admin_client, parked)
    assert "3 of 10 (30 %)" in page_of(admin_client, running)


def test_many_jobs_are_changed_batch_by_batch(client, member, monkeypatch):
    monkeypatch.setattr("tasks_core.batches.SIZE", 2)
    may_operate(member)
    jobs = [make_job(JobState.FAILED) for _ in range(5)]

    assert "5 of 5 jobs made ready" in act(client, "retry", *jobs)
    assert len(history()) == 5


def test_each_database_of_jobs_is_a_choice(client, member):
    may_operate(member)
    here = background.enqueue("tests.app.tasks.nothing", label="here")
    there = background.on("queue").enqueue("tests.app.tasks.nothing", label="there")

    assert ">here <small" in listed(client)
    assert ">there <small" not in listed(client)
    assert ">there <small" in listed(client, backend="queue")
    assert ">here <small" not in listed(client, backend="queue")

    for result in (here, there):  # a link from elsewhere names no backend
        url = reverse("admin:tasks_core_job_change", args=[result.id])
        assert client.get(url).status_code == 200
    client.post(
        f"{reverse(JOBS)}?backend=queue", {"action": "cancel", "_selected_action": [str(there.id)]}
    )
    here.refresh()
    there.refresh()
    assert (here.status, there.status) == ("ready", "cancelled")


def test_a_page_of_nothing_is_not_found(admin_client):
    for name in ("job", "process"):
        url = reverse(f"admin:tasks_core_{name}_change", args=["tea"])
        assert admin_client.get(url).status_code == 302


def queues(client, **data):
    if data:
        response = client.post(reverse(QUEUES), {"backend": "default"} | data, follow=True)
    else:
        response = client.get(reverse(QUEUES))
    return response.status_code, response.content.decode()


def may(user, *names):
    user.user_permissions.add(*Permission.objects.filter(codename__in=names))


def test_queues_are_shown_with_their_jobs(client, member):
    may(member, "view_queue")
    make_job(queue="mail")
    make_job(JobState.RUNNING, queue="mail")

    status, html = queues(client)

    assert status == 200
    assert 'data-queue="mail"' in html
    assert html.count('<td class="job-number">1</td>') == 2
    assert "<button" not in html.split('class="job-queues"')[1]


def test_a_queue_is_paused_and_resumed_with_a_note(client, member):
    may(member, "view_queue", "change_queue")
    make_job(queue="mail")

    _, html = queues(client, queue="mail", pause="1", reason="storm")
    queue = Queue.objects.get()
    assert (queue.paused_by, queue.reason, queue.paused_at is None) == ("ann", "storm", False)
    assert "is paused" in html
    assert "storm" in html

    _, html = queues(client, queue="mail", resume="1")
    assert "goes on" in html
    assert Queue.objects.get().paused_at is None
    assert history() == {("mail", "paused: storm"), ("mail", "resumed")}


@pytest.mark.parametrize("names", [(), ("view_queue",)])
def test_to_look_at_queues_is_not_to_switch_them(client, member, names):
    may(member, *names)

    status, _ = queues(client, queue="mail", pause="1")

    assert status == 403
    assert not Queue.objects.exists()


@pytest.mark.parametrize(
    "data", [{"queue": "", "pause": "1"}, {"queue": "mail", "pause": "1", "backend": "gone"}]
)
def test_a_queue_that_cannot_be_is_not_paused(client, member, data):
    may(member, "view_queue", "change_queue")

    status, _ = queues(client, **data)

    assert status == 200
    assert not Queue.objects.exists()


def test_limits_tell_how_full_they_are_and_who_waits(admin_client):
    Limit.objects.create(key="pot", permits=2)
    Limit.objects.create(key="tap", spacing=timedelta(seconds=6))
    make_job(JobState.RUNNING, concurrency_key="pot", concurrency_limit=2)
    make_job(parked=True, concurrency_key="pot", concurrency_limit=2)

    html = admin_client.get(reverse(LIMITS)).content.decode()

    assert '<progress class="job-progress" max="2" value="1"></progress> 1 of 2' in html
    assert "at most 2 at once" in html
    assert "one every 6.0 s" in html
    assert 'class="field-waiting">1<' in html
