"""Tasks that go on for ever, each in its way."""

import asyncio
import ctypes
import os
import signal
from contextlib import suppress
from threading import Event

from asgiref.sync import sync_to_async

from tasks_core.exceptions import TimeLimitExceeded
from tests.app.models import Effect


def begin(name):
    """Leave an effect. Whose time is up already, on a slow machine, goes on all the same."""
    with suppress(TimeLimitExceeded):
        Effect.objects.create(name=name)


def spin(name):
    """Run Python code, so that what it is told arrives."""
    Effect.objects.create(name=name)
    while True:
        pass


async def sleep_as_coroutine(name):
    await sync_to_async(Effect.objects.create)(name=name)
    await asyncio.sleep(600)


def rest_in_c(name):
    """Wait where no exception arrives."""
    begin(name)
    Event().wait(600)


def deny(name):
    """Run, whatever is told."""
    begin(name)
    while True:
        try:
            spin(name)
        except Exception:  # noqa: BLE001 - as careless tasks do
            continue


def leave_at_once(name):
    """End the process as a crash does."""
    Effect.objects.create(name=name)
    os._exit(3)


def hold_the_interpreter(name):
    """Call C code that does not let any other thread run."""
    begin(name)
    ctypes.PyDLL(None).usleep(600_000_000)


kept = []


def keep_memory(mebibytes, *, seconds=0.5):
    """Touch so much memory and keep it, as a leak does."""
    kept.append(bytearray(os.urandom(1) * (mebibytes << 20)))
    Event().wait(seconds)


def crash_in_c(name):
    """End the process by a signal that no Python code sees."""
    Effect.objects.create(name=name)
    ctypes.string_at(0)


def kill_its_process(name):
    Effect.objects.create(name=name)
    os.kill(os.getpid(), signal.SIGKILL)


def stop_its_process(name):
    """Halt it as a debugger does, or a machine that is put to sleep."""
    Effect.objects.create(name=name)
    os.kill(os.getpid(), signal.SIGSTOP)
    Event().wait(600)
