"""Jobs that harm the process in which they run, each in its way."""

import ctypes
import os
import re
import sys
from threading import Event, Thread

from django.db import connection, transaction

from tasks_core import JobContext, task
from tests.app.models import Effect

STEP = b"x" * (8 << 20)


def begun(context):
    Effect.objects.create(name=f"poison {context.job_id}")


@task(takes_context=True)
def exit_at_once(context: JobContext):
    begun(context)
    os._exit(0)


@task(takes_context=True)
def read_nowhere(context: JobContext):
    begun(context)
    ctypes.string_at(0)


@task(takes_context=True)
def allocate_for_ever(context: JobContext):
    """As fast as the machine that runs these tests can bear: 400 MiB in a second."""
    begun(context)
    kept = []
    while True:
        kept.append(STEP[:-1] + b"y")
        Event().wait(0.02)


@task(takes_context=True)
def recurse_for_ever(context: JobContext):
    begun(context)
    return recurse(0)


def recurse(depth):
    return recurse(depth + 1)


@task(takes_context=True)
def recurse_in_c(context: JobContext):
    """Until there is no stack left: Python's own limit is lifted."""
    begun(context)
    sys.setrecursionlimit(1 << 30)
    return dive(0)


def dive(depth):
    return max([depth], key=dive)


@task(takes_context=True)
def match_for_ever(context: JobContext):
    """Hold the interpreter's lock; with a timeout, too."""
    begun(context)
    return re.match(r"(a+)+$", "a" * 60 + "b")


@task(takes_context=True)
def hold_the_interpreter(context: JobContext):
    begun(context)
    ctypes.PyDLL(None).usleep(600_000_000)


@task(takes_context=True)
def wait_for_ever(context: JobContext):
    """Where no exception arrives."""
    begun(context)
    Event().wait()


@task(takes_context=True)
def close_the_connection(context: JobContext):
    begun(context)
    connection.connection.close()


@task(takes_context=True)
def leave_a_transaction_open(context: JobContext):
    begun(context)
    transaction.atomic().__enter__()
    Effect.objects.create(name="never committed")


@task(takes_context=True)
def return_fifty_megabytes(context: JobContext):
    begun(context)
    return "x" * 50_000_000


@task(takes_context=True)
def start_endless_threads(context: JobContext):
    begun(context)
    for _ in range(10):
        Thread(target=Event().wait).start()
