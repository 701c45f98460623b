"""
What really sends, over connections that stay open for the letters that follow.

Those of Django's own SMTP, and of what is built on it: to greet a server, to encrypt and to log in
takes longer than to send a letter. What other backends would do with theirs, only they know.
"""

from __future__ import annotations

from contextlib import suppress
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends import smtp
from django.core.mail.backends.base import BaseEmailBackend
from django.core.signals import setting_changed
from django.dispatch import receiver

from tasks_core.contrib.mail import conf
from tasks_core.contrib.mail.idle import close, idles

DONE = 250
PARTING = 421  # the server closes the connection instead of what it was asked: RFC 5321, 3.8


def new(mailer: str | None) -> BaseEmailBackend:
    """Return what really sends, which waits for a silent server no longer than is set."""
    told = conf.get()
    found: Any = mail.get_connection(told["BACKEND"]) if mailer is None else mail.mailers[mailer]
    if getattr(found, "timeout", 0) is None:  # Django's own default is to wait for ever
        found.timeout = told["TIMEOUT"]
    return found  # type: ignore[no-any-return]


def send(message: EmailMessage, mailer: str | None) -> int | None:
    """
    Send one message, over a connection that is open if there is one.

    Return how many were sent, as what really sends says it; None where it says nothing.

    Where the server has closed that meanwhile, or closes it instead of taking one message more,
    nothing was sent: the message goes over a new one.
    """
    connection = idles.take(mailer)
    if connection is not None and _answers(connection):
        try:
            return _send(message, mailer, connection)
        except SMTPException as error:
            if not _is_parting(error):
                raise
    return _send(message, mailer, new(mailer))


def _send(message: EmailMessage, mailer: str | None, connection: BaseEmailBackend) -> int | None:
    if not isinstance(connection, smtp.EmailBackend):
        return connection.send_messages([message])
    try:
        connection.open()  # what it opens itself it closes at once
        count = connection.send_messages([message])
    except BaseException:
        close(connection)
        raise
    if connection.connection is not None:  # it may fail silently
        idles.put(mailer, connection)
    return count


def _answers(connection: smtp.EmailBackend) -> bool:
    """Say whether the server is there, and ready for another message; else close it."""
    with suppress(OSError):  # of which every SMTPException is one
        if connection.connection is not None and connection.connection.rset()[0] == DONE:
            return True
    close(connection)
    return False


def _is_parting(error: SMTPException) -> bool:
    match error:
        case SMTPRecipientsRefused():
            return any(code == PARTING for code, _words in error.recipients.values())
        case SMTPResponseException():
            return error.smtp_code == PARTING
    return False


@receiver(setting_changed)
def forget_settings(*, setting: str, **kwargs: Any) -> None:
    """Let what is sent next be sent as settings say then."""
    if setting in {"MAILERS", "QUEUED_EMAIL"} or setting.startswith("EMAIL_"):
        idles.close()
