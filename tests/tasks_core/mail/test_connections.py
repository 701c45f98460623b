"""Over which connections letters are sent: one that is open, if there is one and it is good."""

import os
from datetime import timedelta

import pytest
from django.core import mail
from django.core.mail import EmailMessage

from tasks_core import JobState, clock, job_backends
from tasks_core.contrib.mail import idle
from tasks_core.contrib.mail.idle import KEPT, idles
from tasks_core.models import Job
from tasks_core.processes.foreground import run_ready
from tests.tasks_core.mail.servers import HAS_MAILERS, SMTP

pytestmark = pytest.mark.django_db
MAILER = "real" if HAS_MAILERS else None


def send(*subjects):
    for subject in subjects:
        EmailMessage(subject, "at four", "shop@example.org", ["a@example.org"]).send()
        list(run_ready(job_backends["default"]))


def subjects(mailbox):
    return [envelope.content.split(b"Subject: ")[1][:3].decode() for envelope in mailbox.received]


def attempts():
    return list(Job.objects.order_by("pk").values_list("state", "attempts"))


SENT_AT_ONCE = [(JobState.SUCCESSFUL, 1), (JobState.SUCCESSFUL, 1)]


def test_letters_that_follow_each_other_share_one(mailbox):
    send("Tea", "Jam", "Pie")

    assert subjects(mailbox) == ["Tea", "Jam", "Pie"]
    assert len(set(mailbox.sessions)) == 1


def test_one_that_the_server_has_closed_is_replaced(mailbox):
    send("Tea")
    mailbox.loop.call_soon_threadsafe(mailbox.hang_up)
    send("Jam")

    assert subjects(mailbox) == ["Tea", "Jam"]
    assert len(set(mailbox.sessions)) == 2
    assert attempts() == SENT_AT_ONCE


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_one_on_which_the_server_takes_no_more_is_replaced(mailbox, command):
    mailbox.answers = {command: "421 4.7.0 too many messages on this connection"}

    send("Tea", "Jam")

    assert subjects(mailbox) == ["Tea", "Jam"]
    assert len(set(mailbox.sessions)) == 2
    assert attempts() == SENT_AT_ONCE


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_what_it_refuses_otherwise_is_tried_again_later(mailbox, command):
    mailbox.answers = {command: "451 4.3.0 not now"}

    send("Tea", "Jam")

    assert subjects(mailbox) == ["Tea"]
    assert attempts() == [(JobState.SUCCESSFUL, 1), (JobState.SCHEDULED, 1)]


def test_a_message_that_may_have_been_taken_is_not_sent_anew_at_once(mailbox):
    mailbox.answers = {"DATA": ""}

    send("Tea", "Jam")

    assert subjects(mailbox) == ["Tea", "Jam"]
    assert attempts() == [(JobState.SUCCESSFUL, 1), (JobState.SCHEDULED, 1)]


def test_one_that_failed_is_not_used_again(mailbox):
    mailbox.refusals = 1
    send("Tea")
    assert mailbox.left.wait(9)

    Job.objects.all().reschedule(when=timedelta(0))
    list(run_ready(job_backends["default"]))

    assert subjects(mailbox) == ["Tea"]


def test_one_is_closed_when_nothing_follows(mailbox, monkeypatch):
    monkeypatch.setattr(idle, "KEPT", 0.01)

    send("Tea")

    assert mailbox.left.wait(9)
    assert idles.take(MAILER) is None


def test_it_stays_open_until_then(mailbox):
    send("Tea")

    idles.close(now=clock.monotonic() + KEPT / 2)
    assert not mailbox.left.is_set()
    send("Jam")
    idles.close(now=clock.monotonic() + KEPT)

    assert mailbox.left.wait(9)
    assert len(set(mailbox.sessions)) == 1


def test_other_settings_have_their_own(mailbox, really_sent_by, unused_port):
    send("Tea")

    really_sent_by(SMTP, host="localhost", port=unused_port)
    assert mailbox.left.wait(9)
    send("Jam")

    assert len(set(mailbox.sessions)) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_fork_leaves_them_to_its_parent(mailbox):
    send("Tea")

    child = os.fork()
    if child == 0:
        os._exit(idles.take(MAILER) is not None)

    assert os.waitpid(child, 0)[1] == 0
    send("Jam")
    assert len(set(mailbox.sessions)) == 1


def test_those_of_other_backends_are_closed_as_ever():
    send("Tea")

    assert len(mail.outbox) == 1
    assert idles.take(MAILER) is None


def test_a_server_that_is_away_leaves_none(really_sent_by, unused_port):
    really_sent_by(SMTP, host="127.0.0.1", port=unused_port)

    send("Tea")

    assert idles.take(MAILER) is None


def test_one_that_fails_silently_leaves_none(really_sent_by, unused_port, monkeypatch):
    really_sent_by(SMTP, host="127.0.0.1", port=unused_port)
    monkeypatch.setattr("django.core.mail.backends.smtp.EmailBackend.open", lambda self: None)

    send("Tea")

    assert idles.take(MAILER) is None
