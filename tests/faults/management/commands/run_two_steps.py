"""
The usual design, as a control: enqueue first, then write down that it was done.

The same planner and models, but no lock, no common transaction and no compare-and-set. The
harness that finds nothing wrong with ``run_scheduler`` must find this one out.
"""

from contextlib import suppress
from threading import Event

from django.core.management.base import BaseCommand
from django.db import IntegrityError

from scheduler.models import Schedule
from scheduler.sync import sync
from scheduler.work import call_of, occurrence_of, work_on
from tasks_core import Call, background, clock
from tasks_core.processes.interrupts import stop_on_signals


class Command(BaseCommand):
    help = "Make jobs in two steps, on purpose."

    def handle(self, *args, **options):
        stopping = Event()
        stop_on_signals(lambda *_: stopping.set())
        sync()
        while not stopping.is_set():
            self.turn()
            stopping.wait(0.05)

    def turn(self):
        now = clock.db_now()
        for row in Schedule.objects.due(now)[:100]:
            [work], _ = work_on("default", [row], now=now)
            for decision in work.decisions:
                if decision.outcome == "enqueued":
                    call = call_of(work, decision)
                    background.enqueue_many([Call(call.func, context=call.context)])
                with suppress(IntegrityError):  # somebody was faster; the job is there twice
                    occurrence_of(row, decision, recorded_at=now).save()
            Schedule.objects.filter(pk=row.pk).update(
                watermark=work.plan.watermark, next_due_at=work.plan.next_due_at
            )
