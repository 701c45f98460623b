"""What Django hands its messages to: each is written down, and becomes a job."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from tasks_core import Call, background, ids, job_backends
from tasks_core.conf import DEFAULT_ALIAS
from tasks_core.contrib.mail import conf
from tasks_core.exceptions import InvalidCall
from tasks_core.options import MAX_LABEL
from tasks_core.preparation import commits_with

if TYPE_CHECKING:
    from django.core.mail import EmailMessage


class QueuedEmailBackend(BaseEmailBackend):
    """
    Stores one job for each message, in the caller's transaction or when that commits.

    In MAILERS of Django 6.1 its OPTIONS name the ``mailer`` that really sends; before, and
    without MAILERS, that is ``QUEUED_EMAIL["BACKEND"]``.
    """

    def __init__(
        self,
        fail_silently: bool = False,  # noqa: FBT001, FBT002 - as Django calls it
        *,
        mailer: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**_without_credentials(options))
        if mailer is None and hasattr(settings, "MAILERS"):
            raise ImproperlyConfigured(conf.WHICH_MAILER)
        self.is_silent = fail_silently
        self.mailer = mailer

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """
        Queue the messages that are for somebody, and return how many.

        Raises what sending them would raise at once, such as BadHeaderError, and InvalidCall for
        what cannot be carried to a worker.
        """
        try:
            letters = [_letter(each) for each in email_messages if each.recipients()]
        except ValueError:
            if not self.is_silent:
                raise
            return 0
        self._queue(letters)
        return len(letters)

    def _queue(self, letters: Sequence[tuple[UUID, str, bytes]]) -> None:
        from tasks_core.contrib.mail import store
        from tasks_core.contrib.mail.tasks import send

        told = conf.get()
        calls = [
            Call(
                send,
                [str(letter), self.mailer],
                id=letter,
                label=subject,
                queue=told["QUEUE"],
                priority=told["PRIORITY"],
                max_attempts=told["MAX_ATTEMPTS"],
            )
            for letter, subject, _content in letters
        ]
        using = store.database()
        with transaction.atomic(using=using):
            store.keep([(letter, content) for letter, _subject, content in letters])
            if all(commits_with(using, job_backends[DEFAULT_ALIAS], call) for call in calls):
                background.enqueue_many(calls)
            else:
                transaction.on_commit(partial(background.enqueue_many, calls), using=using)


def _letter(message: EmailMessage) -> tuple[UUID, str, bytes]:
    from tasks_core.contrib.mail import letters

    message.message()  # what cannot be sent is noticed here, where somebody sends it
    subject = " ".join(str(message.subject).split())
    return ids.job_id(), subject[:MAX_LABEL], letters.written(message)


def _without_credentials(options: dict[str, Any]) -> dict[str, Any]:
    """Leave out what Django 5.2 always names; refuse what must not lie in a table."""
    if options.pop("username", None) or options.pop("password", None):
        raise InvalidCall(
            "auth_user and auth_password do not travel to a worker. Set EMAIL_HOST_USER and "
            "EMAIL_HOST_PASSWORD, or send with connection=get_connection(backend, …)."
        )
    return {name: value for name, value in options.items() if name != "password"}
