"""The mail that a visitor does not have to wait for."""

from __future__ import annotations

from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone

from tasks_core import JobContext, task

from .models import Message


@task(takes_context=True)
def send_message(context: JobContext, message_id: int) -> str:
    """Mail one message to the editors, unless an earlier attempt already did."""
    message = Message.objects.get(pk=message_id)
    if message.sent_at:
        return "already sent"

    if context.attempt <= message.refusals:
        raise ConnectionRefusedError("The mail server is down (as this message asked it to be).")
    EmailMessage(
        subject=message.subject,
        body=message.text,
        to=settings.EDITORS,
        reply_to=[formataddr((message.name, message.email))],
    ).send()
    # A crash between the line above and the line below sends the mail again: a job runs at least
    # once. Better twice than never, for a mail; the reverse would be wrong, too.
    Message.objects.filter(pk=message_id).update(sent_at=timezone.now())
    return "sent"
