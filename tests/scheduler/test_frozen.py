"""A scheduler that stops moving in the middle of its transaction keeps nobody's rows."""

import signal
from threading import Event
from time import monotonic

import pytest

from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.testing import only_declared
from tests.scheduler.places import at

FREEZE = """
import os, signal
from scheduler.turn import batches
from scheduler.process import Scheduler
real = batches.record
def freeze(*args, **kwargs):
    batches.record = real
    real(*args, **kwargs)
    print("holds the row", flush=True)
    os.kill(os.getpid(), signal.SIGSTOP)
batches.record = freeze
scheduler = Scheduler()
scheduler.synced = True
scheduler.tick_or_log()
print("goes on, failed schedules:", len(scheduler.drain().failed), flush=True)
"""


@pytest.mark.vendor("postgresql")
def test_others_get_its_rows_after_a_while(manage_process):
    with only_declared({"tea": {"task": "tests.app.tasks.nothing", "every": 3600}}):
        scheduler = Scheduler()
        scheduler.run_once()
    Schedule.objects.update(watermark=at(0), floor=at(0), next_due_at=at(1))
    frozen = manage_process("shell", "-c", FREEZE)
    frozen.wait_for("holds the row")

    began = monotonic()
    while not Occurrence.objects.exists() and monotonic() - began < 60:
        scheduler.tick()
        Event().wait(0.2)
    seconds = monotonic() - began
    frozen.send_signal(signal.SIGCONT)
    frozen.wait_for("goes on, failed schedules: 0")

    assert 5 < seconds < 60
    assert Occurrence.objects.filter(outcome="enqueued").count() == 1
