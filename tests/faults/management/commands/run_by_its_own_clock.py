"""
A control: a scheduler that believes the clock of its process, forwards and back.

And decides in two steps, since a watermark that is set back would else meet the ledger's key.
"""

from scheduler.models import Schedule
from tasks_core import clock
from tests.faults.management.commands import run_two_steps


class Command(run_two_steps.Command):
    help = "Make jobs by the clock of this process, on purpose."

    def handle(self, *args, **options):
        clock.db_now = lambda alias="default": clock.now()
        super().handle(*args, **options)

    def turn(self):
        now = clock.now()
        ahead = Schedule.objects.filter(watermark__gt=now)
        for row in ahead:
            before = {"floor": now, "watermark": now, "next_due_at": None}
            Schedule.objects.filter(pk=row.pk).update(**before)
        second = now.replace(microsecond=0)
        Schedule.objects.filter(next_due_at=None, watermark__lt=second).update(next_due_at=second)
        super().turn()
