"""What Django hands its messages to: each is written down, and becomes a job."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction

from tasks_core import BaseJobBackend, Call, background, ids, job_backends
from tasks_core.conf import DEFAULT_ALIAS
from tasks_core.contrib.mail import conf
from tasks_core.exceptions import InvalidCall
from tasks_core.options import MAX_LABEL
from tasks_core.preparation import commits_with

if TYPE_CHECKING:
    from django.core.mail import EmailMessage


OF_DJANGO = frozenset({"alias", "_ignore_unknown_kwargs"})  # what 6.1 tells a backend itself


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
        _refuse_connection(options)
        super().__init__(**{name: options[name] for name in OF_DJANGO & options.keys()})
        if not apps.is_installed(conf.APP):
            raise ImproperlyConfigured(f'Queued mail needs "{conf.APP}" in INSTALLED_APPS.')
        if mailer is None and conf.has_mailers():
            raise ImproperlyConfigured(conf.WHICH_MAILER)
        self.is_silent = fail_silently
        self.mailer = mailer

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """
        Queue the messages that are for somebody, and return how many.

        Where jobs run in-band they are sent at once. Raises what sending them would raise, such as
        BadHeaderError, and InvalidCall for what cannot be carried to a worker.
        """
        wanted = [message for message in email_messages if message.recipients()]
        try:
            return self._send(wanted) if _backend().in_band else self._queue(wanted)
        except Exception:
            if not self.is_silent:
                raise
            return 0

    def _send(self, messages: Sequence[EmailMessage]) -> int:
        from tasks_core.contrib.mail import connections

        return connections.new(self.mailer).send_messages(messages) or 0

    def _queue(self, messages: Sequence[EmailMessage]) -> int:
        from tasks_core.contrib.mail import letters, store

        for message in messages:
            message.message()  # what cannot be sent is noticed here, where somebody sends it
        named = [(ids.job_id(), message) for message in messages]
        contents = [(letter, letters.written(message)) for letter, message in named]
        calls = [self._call(letter, message) for letter, message in named]
        using, backend = store.database(), _backend()
        with transaction.atomic(using=using):
            store.keep(contents)
            if all(commits_with(using, backend, call) for call in calls):
                background.enqueue_many(calls)
            else:
                transaction.on_commit(partial(background.enqueue_many, calls), using=using)
        return len(messages)

    def _call(self, letter: UUID, message: EmailMessage) -> Call:
        from tasks_core.contrib.mail.tasks import send

        told = conf.get()
        return Call(
            send,
            [str(letter), self.mailer],
            id=letter,
            label=" ".join(str(message.subject).split())[:MAX_LABEL],
            queue=told["QUEUE"],
            priority=told["PRIORITY"],
            max_attempts=told["MAX_ATTEMPTS"],
            durable=_backend().can_be_durable,  # the letter is written down, and so may be its job
        )


def _backend() -> BaseJobBackend:
    return job_backends[DEFAULT_ALIAS]


def _refuse_connection(options: dict[str, Any]) -> None:
    """Refuse what one call says of its connection: the worker has its own, and no passwords."""
    said = sorted(name for name in options.keys() - OF_DJANGO if options[name] is not None)
    if said:
        where = "OPTIONS of the mailer that sends" if conf.has_mailers() else "EMAIL_… settings"
        raise InvalidCall(
            f"{', '.join(said)}: what a call says of its connection does not travel to a worker. "
            f"Say it in the {where}, or send the message at once: {conf.at_once()}."
        )
