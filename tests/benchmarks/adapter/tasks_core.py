"""
django-tasks-core on PostgreSQL and SQLite, as shipped in either profile.

SQLite needs IMMEDIATE transactions, which our system check demands. Of schedules, "default" are
declared in settings and synchronised, "best" are rows made in the database, as an application
makes them. BENCH_SCHEDULERS is how many schedulers share them.
"""

import os
from datetime import UTC, datetime

from adapters.base import Adapter as Base
from harness import env

TASK = "adapters.tasks.tasks_core.noop"


class Adapter(Base):
    backends = ("pg", "sqlite")
    schedules = True
    poll_gap = {"default": 0.2, "best": 0.2}
    drain_jobs = {"default": 20000, "best": 20000}
    idle_scheduler_separate = True

    def databases(self):
        if self.backend == "sqlite":
            return {"default": env.django_sqlite(tuned=True)}
        return {"default": env.django_pg()}

    def django_settings(self):
        # No worker runs while scheduling is measured, so a job of the minute before has not ended.
        entries = {
            f"tick{i}": {"task": TASK, "cron": line, "args": [i], "overlap": "allow"}
            for i, line in env.cron_lines()
            if not self.best
        }
        return {
            "INSTALLED_APPS": ["tasks_core", "scheduler", "adapters"],
            "JOBS": {"BACKEND": "tasks_core.backends.database.DatabaseBackend"},
            "SCHEDULE": entries,
            "SILENCED_SYSTEM_CHECKS": ["tasks_scheduler.W004"],
        }

    @property
    def noop(self):
        from adapters.tasks.tasks_core import noop

        return noop

    def enqueue_one(self, i):
        self.noop.enqueue(i)

    def enqueue_bulk(self, ids):
        from tasks_core import Call, background

        background.enqueue_many([Call(self.noop, [i]) for i in ids])

    def enqueue_at(self, i, when):
        self.noop.defer(when, i)

    def worker(self, processes):
        from tasks_core.management.commands.run_worker import Command

        has_processes = "--processes" in Command().create_parser("", "run_worker").format_help()
        if has_processes:
            return [self.manage("run_worker", "--processes", str(processes))]
        return [self.manage("run_worker") for _ in range(processes)]

    def schedule_setup(self):
        if self.best:
            self.store_schedules()
        else:
            from django.core.management import call_command

            call_command("schedules", "sync")

    def store_schedules(self):
        from scheduler.models import Schedule
        from scheduler.triggers import Cron

        now = datetime.now(UTC)
        triggers = {line: Cron(line, "UTC") for line in {line for _, line in env.cron_lines()}}
        due = {line: trigger.next_after(now) for line, trigger in triggers.items()}
        since = {"watermark": now, "floor": now, "known_since": now}
        rows = (
            Schedule(
                key=f"tick{i}",
                task=TASK,
                trigger=triggers[line].spec(),
                timezone="UTC",
                args=[i],
                overlap="allow",
                definition_hash="bench",
                next_due_at=due[line],
                **since,
            )
            for i, line in env.cron_lines()
        )
        Schedule.objects.bulk_create(rows, batch_size=2000)

    def scheduler(self):
        number = int(os.environ.get("BENCH_SCHEDULERS", "1"))
        return [self.manage("run_scheduler") for _ in range(number)]

    def scheduled_count(self):
        sql = "SELECT count(*) FROM tasks_core_job"
        if self.backend == "pg":
            return self.pg_count(sql)
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]
