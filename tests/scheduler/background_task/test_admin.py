"""Tasks in the admin, ours and that of people who brought their own."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.contrib.admin.sites import AdminSite
from django.contrib.auth.models import User
from django.urls import reverse
from django.utils import timezone

from scheduler.contrib.background_task.admin import CompletedTaskAdmin, TaskAdmin
from scheduler.contrib.background_task.models import CompletedTask, Task
from scheduler.contrib.background_task.tasks import tasks
from scheduler.models import Schedule
from tasks_core.models import Job
from tests.scheduler.background_task.places import legacy_fails, legacy_mail, legacy_note
from tests.scheduler.places import at

pytestmark = pytest.mark.django_db
LATER = at(9) + timedelta(days=9999, microseconds=123456)
LISTS = [
    reverse(f"admin:tasks_background_task_{name}_changelist") for name in ("task", "completedtask")
]


def page_of(task):
    return reverse("admin:tasks_background_task_task_change", args=[task.pk])


def shown(form):
    """Return what a browser sends of a form in which nobody changed anything."""
    data = {}
    for bound in form:
        value = bound.value()
        widget = bound.field.widget
        parts = widget.decompress(value) if hasattr(widget, "decompress") else None
        if parts is None:
            data[bound.html_name] = "" if value is None else value
        else:
            data |= {
                f"{bound.html_name}_{number}": "" if part is None else str(part)
                for number, part in enumerate(parts)
            }
    return {
        name: value.replace("\n", "\r\n") if isinstance(value, str) else value
        for name, value in data.items()
    }


def form_of(client, task):
    return client.get(page_of(task)).context["adminform"].form


@pytest.mark.parametrize("url", LISTS)
def test_lists_show_what_theirs_show(admin_client, url):
    legacy_note("tea")
    legacy_fails()
    tasks.run_next_task()
    legacy_note("milk", repeat=Task.HOURLY, schedule=60)

    found = admin_client.get(url, {"q": "legacy"})

    assert found.status_code == 200
    assert "icon-" in found.content.decode()  # of has_error, drawn as a boolean


def test_a_form_in_which_nothing_was_changed_changes_nothing(admin_client):
    waits = legacy_note(1, verbose_name="Tea", schedule=LATER)
    repeats = legacy_note(2, repeat=Task.HOURLY, schedule=LATER)
    rows = Job.objects.values().get(), Schedule.objects.values().get()

    for task in (waits, repeats):
        data = shown(form_of(admin_client, task))
        assert data["run_at_0"]
        assert admin_client.post(page_of(task), data).status_code == 302

    assert (Job.objects.values().get(), Schedule.objects.values().get()) == rows


def test_a_form_of_every_field_can_be_saved(admin_client):
    legacy_fails(schedule=0)
    tasks.run_next_task()
    task = Task.objects.get()
    assert task.last_error.endswith("\n")
    data = shown(form_of(admin_client, task))

    answer = admin_client.post(page_of(task), data | {"priority": "7", "verbose_name": "Shop"})

    assert answer.status_code == 302
    task.refresh_from_db()
    assert (task.priority, task.verbose_name) == (7, "Shop")
    hidden = {"id", "errors", "created_by", "job_id", "schedule_key"}
    assert not hidden & data.keys()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"attempts": "7"}, "attempts of a stored task cannot be changed, only creator, prio"),
        ({"locked_by": "7"}, "what a worker left that has died is run again at once"),
        ({"task_params": "[[2], {}]"}, "task_params of a stored task cannot be changed"),
    ],
)
def test_a_form_says_what_cannot_be_changed(admin_client, data, words):
    task = legacy_note(1, schedule=LATER)

    answer = admin_client.post(page_of(task), shown(form_of(admin_client, task)) | data)

    assert words in str(answer.context["errors"])


def test_a_form_says_that_a_task_has_ended_meanwhile(admin_client):
    task = legacy_note(1)
    data = shown(form_of(admin_client, task))
    form = admin.site._registry[Task].get_form(None)(data, instance=Task.objects.get())
    tasks.run_next_task()

    assert not form.is_valid()


class TestAdding:
    url = reverse("admin:tasks_background_task_task_add")

    def add(self, client, **said):
        data = shown(client.get(self.url).context["adminform"].form)
        return client.post(self.url, data | {"task_name": legacy_note.name} | said)

    def test_stores_a_task(self, admin_client):
        assert self.add(admin_client, task_params='[["tea"], {}]').status_code == 302

        assert Task.objects.get().params() == (["tea"], {})

    @pytest.mark.parametrize(
        ("said", "words"),
        [
            ({"task_name": "shop.nothing"}, "not declared with @background"),
            ({"task_params": "tea"}, "are the arguments as JSON"),
            ({"task_params": "5"}, "are the arguments as JSON"),
            ({"task_name": legacy_mail.name, "task_params": "[[], {}]"}, "with these arguments"),
        ],
    )
    def test_says_what_cannot_be_stored(self, admin_client, said, words):
        answer = self.add(admin_client, **{"task_params": "[[], {}]", **said})

        assert words in str(answer.context["errors"])
        assert not Job.objects.exists()


@pytest.mark.parametrize(("action", "priority"), [("inc_priority", 4), ("dec_priority", 2)])
def test_priorities_are_changed_by_one(admin_client, action, priority):
    task = legacy_note(1, priority=3)

    admin_client.post(LISTS[0], {"action": action, "_selected_action": [str(task.pk)]})

    assert Task.objects.get().priority == priority


def test_who_may_only_look_changes_no_priorities(client):
    task = legacy_note(1, priority=3)
    user = User.objects.create(username="ada", is_staff=True, is_active=True)
    user.user_permissions.add(*user.user_permissions.model.objects.filter(codename="view_task"))
    client.force_login(user)

    client.post(LISTS[0], {"action": "inc_priority", "_selected_action": [str(task.pk)]})

    assert Task.objects.get().priority == 3


def test_what_is_selected_is_deleted(admin_client):
    legacy_note(1)
    repeats = legacy_note(2, repeat=Task.HOURLY)
    data = {"action": "delete_selected", "_selected_action": [str(repeats.pk)], "post": "yes"}

    assert admin_client.post(LISTS[0], data).status_code == 302

    assert Task.objects.get().params() == ([1], {})
    assert not Schedule.objects.exists()


def test_one_is_deleted(admin_client):
    task = legacy_note(1)

    admin_client.post(
        reverse("admin:tasks_background_task_task_delete", args=[task.pk]), {"post": "yes"}
    )

    assert not Task.objects.exists()


def test_what_has_ended_is_only_shown(admin_client):
    legacy_note(1)
    tasks.run_next_task()
    url = reverse(
        "admin:tasks_background_task_completedtask_change", args=[CompletedTask.objects.get().pk]
    )

    assert admin_client.get(url).status_code == 200
    assert admin_client.post(url, {}).status_code == 403
    assert not CompletedTaskAdmin(CompletedTask, AdminSite()).has_add_permission(None)


def test_an_admin_of_ones_own_says_that_it_has_ended():
    legacy_note(1)
    tasks.run_next_task()
    form = admin.ModelAdmin(CompletedTask, AdminSite()).get_form(None)
    data = shown(form(instance=CompletedTask.objects.get()))

    assert "has ended" in str(form(data, instance=CompletedTask.objects.get()).errors)


def test_theirs_may_be_replaced_and_extended():
    class Mine(TaskAdmin):
        list_display = [*TaskAdmin.list_display, "queue", "task_hash", "creator"]
        actions = [*TaskAdmin.actions, "delete_selected"]

    admin.site.unregister(Task)
    admin.site.register(Task, Mine)

    assert not admin.site._registry[Task].check()

    admin.site.unregister(Task)
    admin.site.register(Task, TaskAdmin)


def test_now_is_told_apart_from_the_same_second():
    moment = timezone.now().replace(microsecond=800_000) + timedelta(days=1)
    task = legacy_note(1, schedule=moment)

    task.run_at = moment.replace(microsecond=400_000)
    task.save()

    assert Job.objects.get().run_after.microsecond == 400_000
