"""Tasks of the test app, found by child processes as well."""

import asyncio
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path
from threading import Event

from asgiref.sync import sync_to_async
from django.db import transaction

from tasks_core import JobContext, Snooze, background, task
from tests.app.models import Effect

may_end = Event()


def leave_effect(name, **payload):
    Effect.objects.create(name=name, payload=payload)
    return name


@task(takes_context=True)
def leave_context(context: JobContext, name="context"):
    told = {
        "key": context.key,
        "scheduled_for": str(context.scheduled_for),
        "previous": str(context.previous),
        "next": str(context.next),
        "is_catch_up": context.is_catch_up,
        "is_backfill": context.is_backfill,
    }
    Effect.objects.create(name=name, payload=told)
    return told


def nothing():
    pass


def take(number, more=0):
    pass


def anything(*args, **kwargs):
    pass


def snooze_at_first(name):
    Effect.objects.create(name=name)
    if Effect.objects.filter(name=name).count() == 1:
        raise Snooze(0)
    return name


def explode():
    raise RuntimeError("boom")


def leave_effect_and_rest(name, seconds):
    """Leave an effect at the start, then take some time."""
    Effect.objects.create(name=name)
    Event().wait(seconds)
    return name


def rest_until_told(name):
    """Leave an effect; end a moment after somebody in this process has said so."""
    Effect.objects.create(name=name)
    assert may_end.wait(120)
    Event().wait(0.5)


@task(takes_context=True, max_attempts=50)
def leave_attempt(context: JobContext, seconds=0.0, at_first=0.0):
    """Say which attempt of which job ran, and rest: ``at_first`` only in the first attempt."""
    told = {"job": str(context.job_id), "attempt": context.attempt}
    Effect.objects.create(name="attempt", payload=told)
    Event().wait(at_first if at_first and context.attempt == 1 else seconds)
    return told


@task(max_attempts=1)
def explode_once():
    raise RuntimeError("boom")


@task(takes_context=True, max_attempts=2, backoff=0.1)
def explode_at_first(context: JobContext):
    if context.attempt == 1:
        raise RuntimeError("boom")
    return context.attempt


@task(max_attempts=1)
def leave_the_process(how="exit"):
    if how == "interrupt":
        raise KeyboardInterrupt
    sys.exit(3)


def leave_followers(name, generations):
    """Leave an effect and, until the last generation, a job that does the same."""
    Effect.objects.create(name=name)
    if generations:
        background.enqueue(leave_followers, [name, generations - 1])


async def leave_effect_in_transaction(name, *, fail, seconds=0.2):
    """Leave an effect in a transaction that stays open for a while, and may be rolled back."""

    def leave():
        with transaction.atomic():
            Effect.objects.create(name=name)
            Event().wait(seconds)
            if fail:
                raise RuntimeError("rolled back")

    await asyncio.sleep(0)
    await sync_to_async(leave)()


def chatter():
    print("printed")  # noqa: T201 - what careless tasks do
    sys.stdout.flush()
    subprocess.run(["echo", "echoed"], check=True)


@task(takes_context=True)
def count_to(context: JobContext, total, rest=0.0):
    """Say how far it is, then take some time."""
    for done in range(total + 1):
        context.progress(done, total)
    Event().wait(rest)
    return total


@task(takes_context=True, max_attempts=2, backoff=0)
def kill_its_process_at_first(context: JobContext):
    """Die as at the hands of the kernel, the first time."""
    Effect.objects.create(name="attempt", payload={"attempt": context.attempt})
    if context.attempt == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return context.attempt


@task(max_attempts=1)
def hang(*, deaf=False):
    """Take longer than any test, whatever is raised meanwhile if ``deaf``."""
    Effect.objects.create(name="hang")
    while True:
        try:
            Event().wait(600)
        except Exception:
            if not deaf:
                raise


def wait_for_file(name, path):
    """Leave an effect at the start, and end when there is such a file."""
    Effect.objects.create(name=name)
    while not Path(path).exists():
        Event().wait(0.05)


def take_a_place(folder, places, seconds, until=""):
    """
    Hold one of some places for a while, and until there is a file, if one is named.

    The kernel frees the places of a process that dies.
    """
    for number in range(places):
        with (Path(folder) / str(number)).open("w") as place:
            try:
                fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            Event().wait(seconds)
            while until and not Path(until).exists():
                Event().wait(0.05)
            break
    else:
        Effect.objects.create(name="no place")
        return
    Effect.objects.create(name="place")
