"""Store a row and a job together, again and again, until somebody kills this process."""

from itertools import count
from threading import Event
from uuid import uuid4

from django.core.management.base import BaseCommand
from django.db import transaction

from tasks_core import background
from tests.app.models import Effect
from tests.faults.tasks import work


class Command(BaseCommand):
    help = "Enqueue beside a row of the site."

    def add_arguments(self, parser):
        parser.add_argument("--two-steps", action="store_true", help="the control: no transaction")

    def handle(self, *args, two_steps, **options):
        name = uuid4().hex
        store = self.in_two_steps if two_steps else self.together
        for number in count():
            store(f"{name} {number}")

    @transaction.atomic
    def together(self, number):
        Effect.objects.create(name="asked", payload={"number": number})
        background.enqueue(work, label=number)

    def in_two_steps(self, number):
        Effect.objects.create(name="asked", payload={"number": number})
        Event().wait(0.02)  # so that most kills fall here
        background.enqueue(work, label=number)
