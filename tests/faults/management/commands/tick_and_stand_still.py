"""
Ticks that stand still, each at another point, with what they hold; then others, then they wake.

Minute by minute another schedule is due, so that each of the ticks has one of its own in hand.
Every second minute: MariaDB locks the one behind the last that is due, too.
"""

import json
import os
import signal
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from threading import Event

from django.core.management.base import BaseCommand
from django.db import OperationalError, connections, transaction

from scheduler.models import Schedule
from scheduler.process import Scheduler
from tasks_core import clock
from tasks_core.testing import FrozenClock
from tests.faults.kit.lives import begin, in_a_process
from tests.faults.kit.points import POINTS, at

MINUTE = timedelta(minutes=1)
PATIENCE = 20  # seconds


class Command(BaseCommand):
    help = "Let a tick stand still at each point until the others have done without it."

    def add_arguments(self, parser):
        parser.add_argument("since", type=datetime.fromisoformat)
        parser.add_argument("--without-limits", action="store_true")

    def handle(self, *args, since, without_limits, **options):
        with FrozenClock(since):
            Scheduler().drain()  # what is loaded now need not be loaded by each child
        connections.close_all()  # no connection of the parent's is a child's
        still = []
        for number, point in enumerate(POINTS, start=1):
            tick = stand_still_for_ever if without_limits else partial(stand_still_at, point)
            pid = begin(tick, since + 2 * number * MINUTE)
            _, status = os.waitpid(pid, os.WUNTRACED)
            still += [pid] if os.WIFSTOPPED(status) else []
        began = clock.monotonic()
        moment = since + (2 * len(POINTS) + 1) * MINUTE
        status = in_a_process(until_all_is_decided, moment)
        assert without_limits or status == 0
        took = clock.monotonic() - began
        for pid in still:
            os.kill(pid, signal.SIGCONT)
        woken = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in still]
        told = {"still": len(still), "seconds": took, "refused": sum(map(bool, woken))}
        self.stdout.write(json.dumps(told))


def stand_still_at(point):
    once = iter([signal.SIGSTOP])
    with at(point, lambda: os.kill(os.getpid(), next(once, 0))):
        Scheduler().drain(batches=1)


def stand_still_for_ever():
    """The control: hold rows as a tick does, in a transaction that nobody ends."""
    with transaction.atomic():
        assert list(Schedule.objects.due(clock.db_now()).select_for_update(skip_locked=True))
        os.kill(os.getpid(), signal.SIGSTOP)


def until_all_is_decided():
    """Tick as a process does, which outlives an error; give up in the end."""
    given_up = clock.monotonic() + PATIENCE
    while Schedule.objects.due(clock.db_now()).exists() and clock.monotonic() < given_up:
        with suppress(OperationalError):
            Scheduler().drain()
        Event().wait(0.1)
