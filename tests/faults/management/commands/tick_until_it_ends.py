"""
One process for each tick: it ends itself, or stands still, at a point of the tick.

What it left behind is another's: a survivor ticks at the same instant until nothing is due.
"""

import json
import os
import signal
from collections import Counter
from datetime import datetime, timedelta
from threading import Event

from django.core.management.base import BaseCommand
from django.db import connections

from scheduler.models import Schedule
from scheduler.process import Scheduler
from tasks_core import clock
from tasks_core.testing import FrozenClock
from tests.faults.kit.lives import in_a_process
from tests.faults.kit.points import AFTER_DECIDING, POINTS, at
from tests.faults.management.commands.run_two_steps import Command as TwoSteps

STEP = timedelta(minutes=7)  # of pretended time, from tick to tick


class Command(BaseCommand):
    help = "Let ticks die, or stand still, at each of their points."

    def add_arguments(self, parser):
        parser.add_argument("since", type=datetime.fromisoformat)
        parser.add_argument("--times", type=int, default=1)
        parser.add_argument("--two-steps", action="store_true")

    def handle(self, *args, since, times, two_steps, **options):
        tick = TwoSteps().turn if two_steps else tick_once
        with FrozenClock(since):
            tick()  # what is loaded now need not be loaded by each child
        connections.close_all()  # no connection of the parent's is a child's
        reached, moment = Counter(), since
        for point in times * ((AFTER_DECIDING,) if two_steps else POINTS):
            moment += STEP
            status = in_a_process(lambda point=point: die_at(point, tick), moment)
            reached[point] += os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
            assert in_a_process(lambda: until_all_is_decided(tick), moment) == 0
        self.stdout.write(json.dumps(reached))


def tick_once():
    Scheduler().drain()


def die_at(point, tick):
    with at(point, lambda: os.kill(os.getpid(), signal.SIGKILL)):
        tick()


def until_all_is_decided(tick):
    """Tick until nothing is due: the server may still hold the rows of the dead for a moment."""
    while Schedule.objects.due(clock.db_now()).exists():
        tick()
        Event().wait(0.002)
