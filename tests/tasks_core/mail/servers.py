"""A mail server for tests, and how Django is told of it."""

from threading import Event

from django.core import mail
from django.core.mail.backends import locmem, smtp

LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
QUEUED = "tasks_core.contrib.mail.QueuedEmailBackend"
SMTP = "django.core.mail.backends.smtp.EmailBackend"
HAS_MAILERS = hasattr(mail, "mailers")  # since Django 6.1


class Silent(smtp.EmailBackend):
    """One that somebody has told to fail silently."""

    def __init__(self, *args, **options):
        super().__init__(*args, **{**options, "fail_silently": True})


class Taciturn(locmem.EmailBackend):
    """Sends, and does not say how many."""

    def send_messages(self, messages):
        super().send_messages(messages)


def queue_all_mail(settings, path=LOCMEM, **options):
    """Say which backend really sends, in the words of this Django."""
    if HAS_MAILERS:
        settings.MAILERS = {
            "default": {"BACKEND": QUEUED, "OPTIONS": {"mailer": "real"}},
            "real": {"BACKEND": path, "OPTIONS": options},
        }
        return
    settings.EMAIL_BACKEND = QUEUED
    settings.QUEUED_EMAIL = {"BACKEND": path}
    for name, value in options.items():
        setattr(settings, f"EMAIL_{name.upper()}", value)


class Mailbox:
    """Takes what a mail server is given, once it is no longer refusing."""

    def __init__(self):
        self.refusals, self.received, self.unknown = 0, [], ""
        self.sessions, self.left = [], Event()
        self.answers = {}  # to a command, but not the first in its session

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if self.is_again(session) and "MAIL" in self.answers:
            return self.answers["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.is_again(session) and "RCPT" in self.answers:
            return self.answers["RCPT"]
        if self.unknown:
            return f"{self.unknown} no such user: {address}"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802 - as aiosmtpd calls it
        if self.is_again(session) and self.answers.get("DATA") == "":
            self.received.append(envelope)
            server.transport.abort()  # it has taken the message, and nobody learns it
            return "250 OK"
        if self.is_again(session) and "DATA" in self.answers:
            return self.answers["DATA"]
        if self.refusals:
            self.refusals -= 1
            return "451 try again later"
        self.received.append(envelope)
        self.sessions.append(session)
        self.hang_up = server.transport.close
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):  # noqa: N802
        self.left.set()
        return "221 Bye"

    def is_again(self, session):
        """Say whether a message of this session was taken already."""
        return session in self.sessions
