"""Read, write and enqueue in one transaction after the other, as the views of a site do."""

from threading import Event

from django.core.management.base import BaseCommand
from django.db import OperationalError

from tasks_core import background
from tasks_core.processes.interrupts import stop_on_signals
from tests.faults.tasks import read_then_write


class Command(BaseCommand):
    help = "Visit the database until stopped."

    def handle(self, *args, **options):
        stopping = Event()
        stop_on_signals(lambda *_: stopping.set())
        while not stopping.is_set():
            try:
                read_then_write()
                background.enqueue(read_then_write)
            except OperationalError as error:
                self.stdout.write(str(error))
            stopping.wait(0.005)
