"""Tasks whose effects can be counted afterwards, in worker processes as well."""

from threading import Event

from django.db import transaction

from tasks_core import JobContext, task
from tests.app.models import Effect


@task(takes_context=True, max_attempts=50, backoff=0.05)
def work(context: JobContext, seconds=0.0, at_first=None):
    """
    Say when each attempt began and when it was done, and return which one it was.

    It rests for some ``seconds``, or for as many as are said for the first attempt.
    """
    if at_first is not None and context.attempt == 1:
        seconds = at_first
    told = {"job": str(context.job_id), "attempt": context.attempt}
    Effect.objects.create(name="began", payload=told)
    if seconds:
        Event().wait(seconds)
    Effect.objects.create(name="done", payload=told)
    return told


@task(takes_context=True, max_attempts=50, backoff=0.05)
async def work_later(context: JobContext):
    """Do the same on an event loop."""
    told = {"job": str(context.job_id), "attempt": context.attempt}
    await Effect.objects.acreate(name="began", payload=told)
    await Effect.objects.acreate(name="done", payload=told)
    return told


@task(max_attempts=1)
def read_then_write():
    """Do what turns a reader into a writer, in one transaction."""
    with transaction.atomic():
        number = Effect.objects.filter(name="visit").count()
        Effect.objects.create(name="visit", payload={"number": number})
