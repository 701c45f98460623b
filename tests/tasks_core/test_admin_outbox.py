"""The outbox in the admin: what waits and why, and one button."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from tasks_core import background, job_backends
from tasks_core.models import Outbox
from tasks_core.testing import FrozenClock
from tests.app.tasks import nothing
from tests.tasks_core.test_outbox import Away

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "admin:tasks_core_outbox_changelist"


@pytest.fixture
def waiting(settings):
    settings.JOBS = settings.JOBS | {"away": {"BACKEND": Away}}
    with FrozenClock(datetime(2026, 3, 10, 12, tzinfo=UTC)):
        background.on("away").enqueue(nothing, durable=True)
    return Outbox.objects.get()


def test_it_says_what_waits_and_why(admin_client, waiting):
    listed = admin_client.get(reverse(LIST)).content.decode()
    row = reverse("admin:tasks_core_outbox_change", args=[waiting.pk])
    shown = admin_client.get(row).content.decode()

    for page in (listed, shown):
        assert "tests.app.tasks.nothing" in page
        assert "OSError: nobody there" in page


def test_a_button_hands_over_at_once(admin_client, waiting):
    job_backends["away"].is_away = False

    said = {"action": "hand_over", "_selected_action": [waiting.pk]}
    page = admin_client.post(reverse(LIST), said, follow=True)

    assert "1 call was handed over." in page.content.decode()
    assert [call.id for call in job_backends["away"].calls] == [waiting.pk]


def test_who_may_only_look_has_no_button(client, waiting, django_user_model):
    from django.contrib.auth.models import Permission

    ada = django_user_model.objects.create_user("ada", is_staff=True)
    ada.user_permissions.add(Permission.objects.get(codename="view_outbox"))
    client.force_login(ada)

    page = client.get(reverse(LIST)).content.decode()

    assert "tests.app.tasks.nothing" in page
    assert "hand_over" not in page
