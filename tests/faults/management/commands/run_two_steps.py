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
from scheduler.tick.work import call_of, occurrence_of, work_on
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
        rows = list(Schedule.objects.due(now)[:100])
        work, _ = work_on("default", rows, now=now)
        for each in work:
            calls = [call_of(each, decision) for decision in each.jobs]
            background.enqueue_many([Call(call.func, context=call.context) for call in calls])
        for each in work:
            for decision in each.decisions:
                with suppress(IntegrityError):  # somebody was faster; the job is there twice
                    occurrence_of(each.row, decision, recorded_at=now).save()
            Schedule.objects.filter(pk=each.row.pk).update(
                watermark=each.plan.watermark, next_due_at=each.plan.next_due_at
            )
