"""Enqueue COUNT numbered jobs, whatever happens to the server, and say what was in doubt."""

from threading import Event

import redis
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connections

from tasks_core import background
from tests.faults.tasks import work


class Command(BaseCommand):
    help = "Enqueue until each number has been stored."

    def add_arguments(self, parser):
        parser.add_argument("count", type=int)
        parser.add_argument("--seconds", type=float, default=0.0, help="how long each job rests")

    def handle(self, *args, count, seconds, **options):
        in_doubt = sum(self.store(str(number), seconds) for number in range(count))
        self.stdout.write(f"{in_doubt} in doubt")

    def store(self, label, seconds):
        """Store one; return how often nobody knows whether it had been stored already."""
        for failures in range(1000):
            try:
                background.enqueue(work, [], {"seconds": seconds}, label=label)
            except (DatabaseError, redis.exceptions.RedisError):
                connections.close_all()
                Event().wait(0.1)
            else:
                return failures
        raise RuntimeError(f"{label} could not be stored")
