"""Jobs and processes in the admin: to view is one permission, to operate another."""

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from tasks_core import JobState, background
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.app.tasks import explode_once
from tests.tasks_core.rows import fresh, make_job, make_process

pytestmark = pytest.mark.django_db

JOBS = "admin:tasks_core_job_changelist"


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

    assert ">tea</a>" in found
    assert ">coffee</a>" not in found
    assert ">coffee</a>" in failed
    assert ">tea</a>" not in failed


@pytest.mark.parametrize("state", JobState)
def test_a_job_of_any_state_has_a_page(admin_client, state):
    assert "tests.app.tasks.nothing" in page_of(admin_client, make_job(state))


def test_a_failed_job_shows_its_traceback(admin_client):
    background.enqueue(explode_once)
    drain()

    assert "RuntimeError: boom" in page_of(admin_client, Job.objects.get())


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
    assert "1 of 2 jobs cancelled" in act(client, "cancel", ready, running)
    assert "1 of 2 jobs deleted" in act(client, "delete", ready, running)

    assert fresh(failed).state == JobState.READY
    assert fresh(running).state == JobState.RUNNING
    assert not Job.objects.filter(pk=ready.pk).exists()
    assert history() == {
        (str(failed.pk), "made ready"),
        (str(ready.pk), "cancelled"),
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
