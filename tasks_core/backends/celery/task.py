"""The one Celery task: every job is a message of it."""

from threading import Event
from typing import Any

from celery import Celery, Task
from celery.exceptions import Reject, SoftTimeLimitExceeded
from celery.signals import task_revoked
from django.db import close_old_connections

from tasks_core.backends.celery import running
from tasks_core.backends.celery.messages import opened
from tasks_core.backends.celery.publishing import TASK
from tasks_core.outcomes import Cancelled

PAUSE = 1.0  # seconds before a message that could not be settled is given back


def register(app: Celery) -> None:
    app.task(
        run_job,
        name=TASK,
        bind=True,
        shared=False,  # with this app alone, or no check could tell which app was forgotten
        # A message is acknowledged when its job has been settled, so that a worker which dies
        # before leaves it to another.
        acks_late=True,
        reject_on_worker_lost=True,
        acks_on_failure_or_timeout=False,  # nor is one whose process had to be ended
        ignore_result=True,
        typing=False,  # a forged message may have any arguments; it is we who refuse it
    )
    task_revoked.connect(note_revoked, dispatch_uid=TASK)


def run_job(self: Task, *parts: Any, **words: Any) -> str:
    request = self.request
    is_again = bool((request.delivery_info or {}).get("redelivered"))
    try:
        return running.run(
            self.app,
            request.id,
            [] if words else list(parts),
            is_again=is_again,
            over_time=SoftTimeLimitExceeded,
        )
    except Exception as error:
        # The server may be away, and not have the next attempt: the message stays, and counts.
        Event().wait(PAUSE)
        raise Reject(error, requeue=True) from error


def note_revoked(sender: Any, request: Any, **kwargs: Any) -> None:
    """Say that a job was cancelled which a worker drops, or ends, since it was told to."""
    if getattr(sender, "name", "") != TASK:
        return
    message = opened(list(request.args or ()))
    if message is not None:
        running.settle(sender.app, message, Cancelled(), attempt=message.attempt())
        close_old_connections()
