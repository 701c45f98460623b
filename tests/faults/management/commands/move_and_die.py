"""
Move jobs, and die by ``kill -9`` at a point of a batch.

With --two-steps as it is usually done: store there what waits here, then delete it here.
"""

import os
import signal
from functools import wraps

from django.core.management.base import BaseCommand

from tasks_core import Call, job_backends, moves
from tasks_core.backends.served.questions import Wanted
from tasks_core.states import WAITING

STEPS = ("_take", "_store", "_forget")  # the rest is in memory
POINTS = [f"{when} {step}" for step in STEPS for when in ("before", "after")]


class Command(BaseCommand):
    help = "Move jobs, and die meanwhile, on purpose."

    def add_arguments(self, parser):
        parser.add_argument("source")
        parser.add_argument("target")
        parser.add_argument("point", choices=POINTS)
        parser.add_argument("--two-steps", action="store_true")

    def handle(self, *args, source, target, point, two_steps, **options):
        moves.BATCH = 10
        when, step = point.split()
        setattr(moves, step, deadly(getattr(moves, step), when, batch=2))
        here, there = job_backends[source], job_backends[target]
        ids = moves.waiting(here, Wanted(states=WAITING))
        (in_two_steps if two_steps else moves.carry)(here, there, ids)


def deadly(step, when, *, batch):
    """Return the step so that its process dies before or after it, in that batch."""
    reached = 0

    @wraps(step)
    def die(*args, **options):
        nonlocal reached
        reached += 1
        if reached == batch and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        answer = step(*args, **options)
        if reached == batch:
            os.kill(os.getpid(), signal.SIGKILL)
        return answer

    return die


def in_two_steps(here, there, ids):
    for start in range(0, len(ids), moves.BATCH):
        batch = ids[start : start + moves.BATCH]
        found = here.questions.rows(here.place, batch)
        there.enqueue_many([Call(moves.call_of(job).func, job.args) for job in found])
        moves._forget(here, [])  # where it may die
        here.delete(batch)
