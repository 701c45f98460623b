"""The job that sends one letter."""

from uuid import UUID

from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend

from tasks_core.contrib.mail import conf, letters, store
from tasks_core.decorators import task


@task
def send(letter: str, mailer: str | None = None) -> int:
    """
    Send the letter by what really sends, and forget it; return how many messages were sent.

    An attempt whose process dies between the two is followed by another that sends it again,
    with the same Message-ID. A letter that is gone was sent.
    """
    content = store.find(UUID(letter))
    if content is None:
        return 0
    count = _connection(mailer).send_messages([letters.read(content)])
    store.forget(UUID(letter))
    store.sweep()
    return count or 0


def _connection(mailer: str | None) -> BaseEmailBackend:
    if mailer is None:
        found: BaseEmailBackend = mail.get_connection(conf.get()["BACKEND"])
    else:
        found = mail.mailers[mailer]
    return found
