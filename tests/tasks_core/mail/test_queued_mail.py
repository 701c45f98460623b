"""Queued mail: what arrives is what Django would have sent, once for each message."""

import email
import email.policy
import sys
from datetime import timedelta
from email import charset
from email.message import MIMEPart
from email.mime.base import MIMEBase
from email.mime.text import MIMEText
from types import ModuleType

import django
import pytest
from django.core import mail
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMessage, EmailMultiAlternatives
from django.db import transaction
from django.utils.translation import gettext_lazy, override

from tasks_core import JobState, background, job_backends
from tasks_core.contrib.mail import QueuedEmailBackend, connections, letters, store, tasks
from tasks_core.contrib.mail.models import LetterPart
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job, Outbox
from tasks_core.processes.foreground import run_ready
from tasks_core.testing import drain
from tests.app.mails import Newsletter
from tests.tasks_core.mail.servers import HAS_MAILERS, LOCMEM, QUEUED, SMTP

HERE = "tests.tasks_core.mail.servers"
HEADERS = {"Date": "Sun, 22 Nov 2026 09:00:00 -0000", "Message-ID": "<1@example.org>"}
SETTING = pytest.mark.skipif(HAS_MAILERS, reason="Django 6.1 has MAILERS instead")
MAILERS = pytest.mark.skipif(not HAS_MAILERS, reason="MAILERS came with Django 6.1")


def plain(**options):
    given = {"subject": "Tea", "body": "at four", "to": ["a@example.org"], "headers": HEADERS}
    return EmailMessage(**given | options)


def rich():
    return EmailMultiAlternatives(
        subject="Füße",
        body="plain words",
        from_email="Ännchen <shop@example.org>",
        to=["a@example.org", "Bo <b@example.org>"],
        cc=["c@example.org"],
        bcc=["d@example.org"],
        reply_to=["e@example.org"],
        headers=HEADERS | {"X-Campaign": "autumn"},
    )


def with_alternatives():
    message = rich()
    message.attach_alternative("<p>rich words</p>", "text/html")
    message.attach("report.pdf", b"%PDF\x00\xff", "application/pdf")
    message.attach("notes.txt", "Überblick", "text/plain")
    message.attach("calendar.ics", "BEGIN:VCALENDAR")
    return message


def with_a_part():
    part = MIMEPart(policy=email.policy.default)
    part.set_content(b"\x89PNG", maintype="image", subtype="png", cid="<logo>")
    message = rich()
    message.attachments.append(part)
    return message


def with_a_message():
    message = rich()
    message.attach("before.eml", plain(), "message/rfc822")
    return message


def html():
    message = plain(body="<b>at four</b>")
    message.content_subtype = "html"
    return message


def latin():
    message = plain(body="à quatre heures")
    message.encoding = "iso-8859-1"
    return message


def quoted():
    message = plain(body="à quatre heures")
    message.encoding = charset.Charset("utf-8")
    message.encoding.body_encoding = charset.QP
    return message


def with_base():
    part = MIMEBase("application", "x-shop")
    part.set_payload("c2hvcA==")
    part["Content-Transfer-Encoding"] = "base64"
    return plain(attachments=[part])


def with_text_part():
    return plain(attachments=[MIMEText("as MIME", "plain", "utf-8")])


MESSAGES = [plain, rich, with_alternatives, with_a_message, html, latin]
OF_5_2 = [quoted, with_base, with_text_part]  # deprecated since


def sent_by_django(message):
    """Return what arrives without the queue, the boundaries of its parts apart."""
    return sealed(message.message())


def sealed(mime):
    """Return all that is in a message, part by part."""
    return [(sorted(part.items()), bodies(part)) for part in mime.walk() if not loose(part)]


def loose(part):
    part.del_param("boundary")
    return False


def bodies(part):
    return None if part.is_multipart() else part.get_payload(decode=True)


def queue(**options):
    """Return the queue as Django makes one."""
    return QueuedEmailBackend(mailer="real" if HAS_MAILERS else None, **options)


def bodies_kept():
    return list(LetterPart.objects.filter(was_sent=False))


# A message.


@pytest.mark.parametrize("make", MESSAGES + (OF_5_2 if django.VERSION < (6, 0) else []))
def test_a_message_is_the_same_after_it_was_written_down(make):
    message = make()

    again = letters.read(letters.written(message))

    assert type(again) is type(message)
    assert again.recipients() == message.recipients()
    assert sent_by_django(again) == sent_by_django(message)


def test_a_part_of_the_new_kind_is_the_same_as_well():
    part = letters.read(letters.written(with_a_part())).attachments[0]

    assert (part.get_content(), part["Content-ID"]) == (b"\x89PNG", "<logo>")


def test_attachments_have_their_names_again():
    again = letters.read(letters.written(with_alternatives()))

    assert [each.filename for each in again.attachments] == [
        "report.pdf",
        "notes.txt",
        "calendar.ics",
    ]
    assert again.attachments[0].content == b"%PDF\x00\xff"
    assert again.alternatives[0].mimetype == "text/html"


def test_a_message_of_another_class_keeps_what_it_adds():
    message = Newsletter("Tea", "at four", to=["a@example.org"])
    message.metadata = {"order": 7}
    message.send_at = timedelta(hours=1)

    again = letters.read(letters.written(message))

    assert (type(again), again.metadata, again.send_at) == (
        Newsletter,
        {"order": 7},
        timedelta(hours=1),
    )


def test_a_class_that_a_worker_could_not_find_is_refused():
    class Local(EmailMessage):
        pass

    with pytest.raises(InvalidCall, match=r"is a .*Local, which no worker .* Either move it there"):
        letters.written(Local())


def test_a_class_beside_the_apps_travels_once_it_may(settings, monkeypatch):
    beside = ModuleType("shop_mail")
    beside.Letter = type("Letter", (EmailMessage,), {"__module__": "shop_mail"})
    monkeypatch.setitem(sys.modules, "shop_mail", beside)
    cure = r"Either add 'shop_mail' to TASKS_CORE\[\"ALLOWED_MODULES\"\], or send .* at once"

    with pytest.raises(InvalidCall, match=cure):
        letters.written(beside.Letter("Tea"))

    settings.TASKS_CORE = {"ALLOWED_MODULES": ["shop_mail"]}
    assert type(letters.read(letters.written(beside.Letter("Tea")))) is beside.Letter


def test_what_cannot_be_carried_is_named():
    message = plain()
    message.template = object()

    with pytest.raises(InvalidCall, match="The message's template is"):
        letters.written(message)


def test_a_class_of_something_else_is_not_made():
    content = letters.written(plain()).replace(
        b'"EmailMessage"', b'{"_kind": "class", "name": "tests.app.mails:Stamp"}'
    )

    with pytest.raises(InvalidCall, match="no class of messages"):
        letters.read(content)


def test_words_are_in_the_language_of_who_wrote_them():
    with override("de"):
        written = letters.written(plain(subject=gettext_lazy("Monday")))

    assert letters.read(written).subject == "Montag"


def test_it_keeps_the_time_and_the_id_with_which_it_was_written():
    written = letters.written(plain(headers=None))

    first, second = (letters.read(written).message() for _ in range(2))

    assert first["Message-ID"] == second["Message-ID"] != None  # noqa: E711 - both, and there
    assert first["Date"] == second["Date"]


# From the request to the mail server.

pytestmark = pytest.mark.django_db


def test_a_message_becomes_a_job_that_sends_it():
    assert rich().send() == 1

    job = Job.objects.get()
    assert (job.task, job.label) == ("tasks_core.contrib.mail.tasks.send", "Füße")
    assert mail.outbox == []

    drain()

    [arrived] = mail.outbox
    assert sent_by_django(arrived) == sent_by_django(rich())
    assert Job.objects.get().return_value == 1
    assert bodies_kept() == []


def test_nothing_of_a_message_is_in_its_job():
    plain(body="your new password is tea").send()

    job = Job.objects.get()
    assert job.args[0] == str(job.pk)
    assert "password" not in str(vars(job))


def test_each_message_is_a_job_of_its_own():
    mail.send_mass_mail(
        ("Tea", "at four", "shop@example.org", [f"{name}@example.org"]) for name in "abc"
    )

    assert Job.objects.count() == 3

    drain()

    assert [message.to for message in mail.outbox] == [[f"{name}@example.org"] for name in "abc"]


def test_a_message_for_nobody_is_none():
    assert queue().send_messages([plain(to=[]), plain()]) == 1
    assert Job.objects.count() == 1


def test_a_large_attachment_is_kept_in_pieces(monkeypatch):
    content = bytes(range(256)) * 1000
    monkeypatch.setattr(store, "PIECE", 100_000)

    message = plain()
    message.attach("report.bin", content)
    message.send()

    assert LetterPart.objects.count() > 3

    drain()

    assert mail.outbox[0].attachments[0].content == content
    assert bodies_kept() == []


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_never_sent():
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        plain().send()
        raise ZeroDivisionError

    assert not LetterPart.objects.exists()
    assert not Job.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_elsewhere_the_job_follows_the_commit(settings):
    settings.JOBS = {"BACKEND": "tasks_core.backends.dummy.DummyBackend"}

    with transaction.atomic():
        plain().send()
        assert job_backends["default"].calls == []

    [call] = job_backends["default"].calls
    assert LetterPart.objects.get().letter == call.id


@pytest.mark.django_db(transaction=True)
def test_in_band_it_is_sent_at_once(settings, really_sent_by, unused_port):
    settings.JOBS = {"BACKEND": "tasks_core.backends.immediate.ImmediateBackend"}

    assert plain().send() == 1

    assert len(mail.outbox) == 1
    assert not LetterPart.objects.exists()

    really_sent_by(SMTP, host="127.0.0.1", port=unused_port)

    with pytest.raises(ConnectionRefusedError):  # nobody would try again
        plain().send()


@pytest.mark.django_db(transaction=True)
def test_what_is_elsewhere_is_told_of_it_in_the_transaction(settings):
    settings.JOBS = {"default": settings.JOBS["redis"]}

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        plain().send()
        assert Outbox.objects.get().id == LetterPart.objects.get().letter
        raise ZeroDivisionError

    assert not LetterPart.objects.exists()


def test_the_setting_says_how_it_is_queued(settings):
    settings.QUEUED_EMAIL = {"QUEUE": "mail", "PRIORITY": 5, "MAX_ATTEMPTS": 3}

    plain().send()

    job = Job.objects.get()
    assert (job.queue, job.priority, job.max_attempts) == ("mail", 5, 3)


# What fails.


def test_a_mail_server_that_is_away_is_tried_again(really_sent_by, unused_port):
    really_sent_by(SMTP, host="127.0.0.1", port=unused_port)
    plain().send()

    [(_, outcome)] = run_ready(job_backends["default"])

    job = Job.objects.get()
    assert outcome.error.exception == "builtins.ConnectionRefusedError"
    assert (job.state, job.max_attempts) == (JobState.SCHEDULED, 20)
    assert LetterPart.objects.count() == 1


def test_one_that_fails_silently_is_tried_again_too(really_sent_by, unused_port):
    really_sent_by(f"{HERE}.Silent", host="127.0.0.1", port=unused_port)
    plain().send()

    [(_, outcome)] = run_ready(job_backends["default"])

    assert outcome.error.exception.endswith(".NothingSent")
    assert Job.objects.get().state == JobState.SCHEDULED
    assert len(bodies_kept()) == 1


def test_one_that_does_not_say_how_many_it_sent_has_sent_it(really_sent_by):
    really_sent_by(f"{HERE}.Taciturn")
    plain().send()

    drain()

    assert Job.objects.get().state == JobState.SUCCESSFUL
    assert (len(mail.outbox), bodies_kept()) == (1, [])


def test_a_mail_server_that_refuses_gets_it_later_and_once(mailbox):
    mailbox.refusals = 1
    rich().send()

    list(run_ready(job_backends["default"]))
    assert mailbox.received == []
    Job.objects.all().reschedule(when=timedelta(0))
    list(run_ready(job_backends["default"]))
    list(run_ready(job_backends["default"]))

    [envelope] = mailbox.received
    arrived = email.message_from_bytes(envelope.content)
    assert sorted(envelope.rcpt_tos) == [f"{name}@example.org" for name in "abcd"]
    assert (arrived["Message-ID"], arrived["X-Campaign"]) == ("<1@example.org>", "autumn")
    assert arrived["Bcc"] is None


@pytest.mark.parametrize(("reply", "state"), [(550, JobState.FAILED), (450, JobState.SCHEDULED)])
def test_whom_a_mail_server_does_not_know_it_is_asked_for_once(mailbox, reply, state):
    mailbox.unknown = reply
    rich().send()

    list(run_ready(job_backends["default"]))

    job = Job.objects.get()
    assert (job.state, job.attempts) == (state, 1)
    assert str(reply) in job.errors[0]["message"]
    assert "@example.org" not in str(job.errors)


def test_a_silent_mail_server_is_waited_for_no_longer_than_a_minute(settings, really_sent_by):
    really_sent_by(SMTP, host="127.0.0.1")
    name = "real" if HAS_MAILERS else None

    assert connections.new(name).timeout == 60

    settings.QUEUED_EMAIL = {**getattr(settings, "QUEUED_EMAIL", {}), "TIMEOUT": 5}

    assert connections.new(name).timeout == 5

    really_sent_by(SMTP, host="127.0.0.1", timeout=7)

    assert connections.new(name).timeout == 7


def test_one_bad_message_keeps_no_other_back(mailbox):
    plain(subject="first").send()
    LetterPart.objects.update(content=b"no letter")
    plain(subject="second").send()

    list(run_ready(job_backends["default"]))

    assert [email.message_from_bytes(each.content)["Subject"] for each in mailbox.received] == [
        "second"
    ]


def test_a_second_attempt_after_the_letter_was_sent_sends_nothing():
    plain().send()
    letter = Job.objects.get().args

    assert tasks.send(*letter) == 1
    assert tasks.send(*letter) == 0

    assert len(mail.outbox) == 1


def test_had_it_not_been_noted_it_would_have_been_sent_twice(monkeypatch):
    plain().send()
    letter = Job.objects.get().args
    monkeypatch.setattr(store, "note_sent", lambda letter: None)

    tasks.send(*letter)
    tasks.send(*letter)

    assert len(mail.outbox) == 2


def test_what_cannot_be_sent_is_refused_where_it_is_sent():
    with pytest.raises(ValueError, match=r"(?i)header|linefeed"):
        plain(subject="Tea\nBcc: all@example.org").send()

    assert not Job.objects.exists()


def test_who_wants_silence_is_told_of_none():
    assert queue(fail_silently=True).send_messages([plain(subject="a\nb")]) == 0


@pytest.mark.django_db(transaction=True)
def test_nor_of_a_transaction_that_is_broken_already():
    with transaction.atomic():
        transaction.set_rollback(True)
        assert queue(fail_silently=True).send_messages([plain()]) == 0


@pytest.mark.parametrize("said", [{"username": "shop", "password": "tea"}, {"host": "b.org"}])
def test_what_a_call_says_of_its_connection_does_not_travel(said):
    cure = "OPTIONS of the mailer .* using=" if HAS_MAILERS else "EMAIL_… .* connection=get_conn"
    with pytest.raises(InvalidCall, match=cure):
        queue(**said)

    assert queue(username=None, password=None).send_messages([]) == 0


# Settings.


def ids():
    return [message.id for message in run_checks(tags=["jobs"]) if "E04" in message.id]


def test_checks_have_nothing_to_say_of_settings_that_work():
    assert ids() == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"BACKND": LOCMEM},
        {"BACKEND": QUEUED},
        {"PRIORITY": 101},
        {"QUEUE": ""},
        {"MAX_ATTEMPTS": 0},
        {"TIMEOUT": 0},
        {"RETAIN": timedelta(hours=1)},
        {"RETAIN": "a month"},
        {"BACKEND": "shop.mail.Nothing"},
        ["smtp"],
    ],
)
def test_a_setting_that_cannot_be_is_told_before_anything_starts(settings, wrong):
    settings.QUEUED_EMAIL = wrong

    assert ids() == ["tasks_core.E046"]
    if wrong != {"BACKEND": "shop.mail.Nothing"}:  # which only the worker imports
        with pytest.raises(ImproperlyConfigured, match="QUEUED_EMAIL"):
            queue().send_messages([plain()])


def test_without_its_app_there_is_no_table(settings):
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if "mail" not in app]

    assert ids() == ["tasks_core.E045"]
    with pytest.raises(ImproperlyConfigured, match="INSTALLED_APPS"):
        queue()


def test_the_app_alone_says_what_it_needs(settings):
    with pytest.raises(ImproperlyConfigured, match='needs "tasks_core"'):
        settings.INSTALLED_APPS = [
            app
            for app in settings.INSTALLED_APPS
            if app.split(".")[0] != "scheduler"
            and app not in {"tasks_core", "tasks_core.http", "tests.app"}
        ]


def test_who_does_not_queue_needs_neither(settings):
    if HAS_MAILERS:
        settings.MAILERS = {"default": {"BACKEND": LOCMEM}}
    else:
        settings.EMAIL_BACKEND = LOCMEM
    settings.INSTALLED_APPS = [app for app in settings.INSTALLED_APPS if "mail" not in app]

    assert ids() == []


@SETTING
def test_a_setting_of_another_name_is_not_taken_for_mailers(settings):
    settings.MAILERS = {"default": "a setting of this project's own"}

    assert ids() == []
    plain().send()
    drain()

    assert len(mail.outbox) == 1


@MAILERS
def test_a_mailer_names_the_one_that_sends(settings):
    settings.MAILERS = {
        "default": {"BACKEND": QUEUED, "OPTIONS": {"mailer": "real"}},
        "real": {"BACKEND": LOCMEM},
    }

    plain().send()
    drain()

    assert ids() == []
    assert len(mail.outbox) == 1


@MAILERS
@pytest.mark.parametrize("options", [{}, {"mailer": "default"}, {"mailer": "gone"}])
def test_a_mailer_that_names_none_that_sends_is_told(settings, options):
    settings.MAILERS = {"default": {"BACKEND": QUEUED, "OPTIONS": options}}

    assert ids() == ["tasks_core.E046"]


def test_a_job_can_be_found_by_who_sent_it():
    plain().send()

    assert background.get(Job.objects.get().pk).status == JobState.READY
