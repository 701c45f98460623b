"""Queued mail where Celery knows little of its jobs: a backlog loses none."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import send_mail

from tasks_core.backends.celery import publishing
from tasks_core.contrib.mail import store
from tasks_core.contrib.mail.models import LetterPart
from tests.tasks_core.mail.servers import queue_all_mail

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=["place", "silent"])
def post_office(request, settings):
    """Celery with a result backend, and without."""
    found = request.getfixturevalue(request.param)
    settings.JOBS = {"default": settings.JOBS["celery"]}
    queue_all_mail(settings)
    mail.outbox = []
    yield found
    mail.outbox = []


def post(number):
    for _ in range(number):
        send_mail("Tea", "at four", "shop@example.org", ["a@example.org"])


def pass_time(days):
    for part in LetterPart.objects.all():
        part.keep_until -= timedelta(days=days)
        part.save()


def test_what_waited_for_weeks_is_sent(post_office):
    post(30)
    pass_time(days=29)

    post_office.run_all()

    assert len(mail.outbox) == 30


def test_what_waited_too_long_is_not_called_sent(post_office):
    post(1)
    pass_time(days=31)
    assert store.sweep() == 1

    post_office.run_all()

    assert post_office.outcomes() == ["Errored"]


def test_a_letter_of_a_lost_job_goes_after_a_month(post_office):
    post(1)
    post_office.messages()  # somebody has purged the queue
    pass_time(days=31)

    assert store.sweep() == 1
    assert not LetterPart.objects.exists()


def test_a_job_that_comes_twice_sends_once(post_office):
    post(1)
    [message] = post_office.messages()
    for _ in range(2):
        post_office.app.send_task(
            publishing.TASK, args=message.payload[0], task_id=message.headers["id"], queue="default"
        )

    post_office.run_all()

    assert len(mail.outbox) == 1
    assert set(post_office.outcomes()) == {"Succeeded"}
