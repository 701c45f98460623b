"""Schedulers that come back after outages: one process each, which says what that took."""

import json
import resource
from datetime import datetime, timedelta

from django.core.management.base import BaseCommand
from django.db import connections
from django.utils.dateparse import parse_duration

from scheduler.process import Scheduler
from tasks_core import clock
from tests.faults.kit.lives import in_a_process


class Command(BaseCommand):
    help = "Start a scheduler after each of some outages, which follow one upon the other."

    def add_arguments(self, parser):
        parser.add_argument("since", type=datetime.fromisoformat)
        parser.add_argument("outages", nargs="+", type=parse_duration)

    def handle(self, *args, since, outages, **options):
        connections.close_all()  # no connection of the parent's is a child's
        assert in_a_process(lambda: Scheduler().run_once(), since) == 0
        for outage in outages:
            since += outage
            assert in_a_process(lambda outage=outage: self.come_back(outage), since) == 0

    def come_back(self, outage: timedelta) -> None:
        before = clock.monotonic()
        assert Scheduler().run_once() == 0
        took = clock.monotonic() - before
        used = resource.getrusage(resource.RUSAGE_SELF)
        told = {"seconds": took, "cpu": used.ru_utime + used.ru_stime, "mib": used.ru_maxrss / 1024}
        self.stdout.write(json.dumps({"outage": str(outage)} | told))
