"""
The usual design, as a control: enqueue first, then write down that it was done.

The same triggers and models, but no lock, no common transaction and no compare-and-set. The
harness that finds nothing wrong with ``run_scheduler`` must find this one out.
"""

from contextlib import suppress
from itertools import takewhile
from threading import Event
from uuid import uuid4

from django.core.management.base import BaseCommand
from django.db import DatabaseError, IntegrityError, connection

from scheduler.models import Occurrence, Schedule
from scheduler.sync import sync
from scheduler.triggers import due_times, from_spec
from tasks_core import Call, background, clock
from tasks_core.processes.interrupts import stop_on_signals


class Command(BaseCommand):
    help = "Make jobs in two steps, on purpose."

    def handle(self, *args, **options):
        stopping = Event()
        stop_on_signals(lambda *_: stopping.set())
        is_synced = False
        while not stopping.is_set():
            try:
                is_synced = is_synced or bool(sync())
                self.turn()
            except DatabaseError as error:  # what is done is done, and it goes on from here
                self.stderr.write(str(error))
                connection.close()
            stopping.wait(0.05)

    def turn(self):
        now = clock.db_now()
        rows = list(Schedule.objects.due(now)[:100])
        work = [(row, *self.decide(row, now)) for row in rows]
        for row, jobs, _ in work:
            background.enqueue_many([call_of(row, due_at) for due_at in jobs])
        for row, jobs, skipped in work:
            self.write_down(row, jobs, skipped, now)
            following = next(iter(due_times(from_spec(row.trigger), now)), None)
            Schedule.objects.filter(pk=row.pk).update(watermark=now, next_due_at=following)

    def decide(self, row, now):
        """Return for which due times there shall be jobs, and for which not."""
        later = due_times(from_spec(row.trigger), row.watermark)
        due = list(takewhile(lambda due_at: due_at <= now, later))
        kept = len(due) if row.catch_up == "all" else 1
        return due[-kept:], due[:-kept]

    def write_down(self, row, jobs, skipped, now):
        noted = {"schedule_key": row.key, "recorded_at": now}
        ledger = [
            Occurrence(due_at=at, until_at=at, outcome="enqueued", job_id=uuid4(), **noted)
            for at in jobs
        ]
        if skipped:
            span = {"due_at": skipped[0], "until_at": skipped[-1], "count": len(skipped)}
            ledger.append(Occurrence(outcome="skipped", reason="coalesced", **span, **noted))
        for each in ledger:
            with suppress(IntegrityError):  # somebody was faster; the job is there twice
                each.save()


def call_of(row, due_at):
    context = {"key": row.key, "scheduled_for": due_at.isoformat()}
    return Call(row.task, row.args, row.kwargs, label=row.key, context=context)
