"""Enqueue from many coroutines of a running loop, from threads, and from forked children."""

import asyncio
import os
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

from django.core.management.base import BaseCommand
from django.db import connections

from tasks_core import background
from tests.faults.tasks import work, work_later

FORKS, THREADS, ABREAST = 4, 4, 32


class Command(BaseCommand):
    help = "Enqueue COUNT jobs in each of three ways."

    def add_arguments(self, parser):
        parser.add_argument("count", type=int)
        parser.add_argument("--share", action="store_true", help="the control: one connection")

    def handle(self, *args, count, share, **options):
        asyncio.run(from_coroutines(count))
        background.enqueue(work)  # what a parent holds when it forks: a connection, a thread
        failed = from_threads(count, connections["default"] if share else None)
        if not share:
            close_all()
        failed += from_forks(count)
        self.stdout.write(f"{failed} of {THREADS} threads and {FORKS} forks failed")
        sys.exit(failed)


async def from_coroutines(count):
    turns = asyncio.Semaphore(ABREAST)

    async def one(task):
        async with turns:
            await background.aenqueue(task)

    await asyncio.gather(*(one(work_later if n % 2 else work) for n in range(count)))


def from_threads(count, shared=None):
    """Return how many of the threads ended with an error."""
    with ThreadPoolExecutor(THREADS) as threads:
        done = [threads.submit(enqueue, count // THREADS, shared) for _ in range(THREADS)]
    errors = [error for each in done if (error := each.exception())]
    for error in errors:
        traceback.print_exception(error)
    return len(errors)


def from_forks(count):
    """Return how many of the children left with an error."""
    children = [fork(lambda: enqueue(count // FORKS)) for _ in range(FORKS)]
    return sum(bool(os.waitpid(child, 0)[1]) for child in children)


def fork(work):
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:  # noqa: BLE001 - the control's children meet whatever they meet
        traceback.print_exc()
        os._exit(1)
    close_all()
    os._exit(0)


def enqueue(count, shared=None):
    if shared is not None:
        connections["default"] = shared
    try:
        for _ in range(count):
            background.enqueue(work)
    finally:
        if shared is None:
            connections.close_all()


def close_all():
    """Do what a server does before it forks: nothing of the parent's may be used by children."""
    connections.close_all()
    for connection in connections.all():
        if hasattr(connection, "close_pool"):
            connection.close_pool()
