"""The job that sends one letter."""

from __future__ import annotations

from smtplib import SMTPRecipientsRefused
from uuid import UUID

from tasks_core.contrib.mail import connections, letters, store
from tasks_core.contrib.mail.exceptions import LetterGone, NothingSent, RecipientsRefused
from tasks_core.decorators import task
from tasks_core.processes.output import log_failure


def _is_for_good(attempt: int, error: BaseException) -> bool:
    return isinstance(error, LetterGone | RecipientsRefused) and error.is_for_good


@task(gives_up=_is_for_good)
def send(letter: str, mailer: str | None = None) -> int | None:
    """
    Send the letter by what really sends, and note that; return how many it says were sent.

    An attempt whose process dies between the two is followed by another that sends it again,
    with the same Message-ID. One that was sent is not sent again. Raises LetterGone for one of
    which nothing is known, and NothingSent where what sends fails without a word.
    """
    content = store.find(UUID(letter))
    if content is None:
        return 0
    try:
        count = connections.send(letters.read(content), mailer)
    except SMTPRecipientsRefused as error:
        # Whoever may look at jobs need not learn who was written to.
        raise RecipientsRefused([code for code, _words in error.recipients.values()]) from None
    if count == 0:  # and not None: who says nothing may have sent it, and would do so again
        raise NothingSent
    store.note_sent(UUID(letter))
    _sweep()
    return count


def _sweep() -> None:
    try:
        store.sweep()
    except Exception:  # noqa: BLE001 - whatever becomes of others, this one was sent
        log_failure("messages that are kept for nobody could not be swept")
