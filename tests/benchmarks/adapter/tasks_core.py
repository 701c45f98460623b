"""
django-tasks-core on PostgreSQL and SQLite; "default" and "best" are the same, as shipped.

SQLite needs IMMEDIATE transactions, which our system check demands, in either profile.
"""

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
        entries = {
            f"tick{i}": {"task": TASK, "cron": line, "args": [i], "overlap": "allow"}
            for i, line in env.cron_lines()
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
        from django.core.management import call_command

        call_command("schedules", "sync")

    def scheduler(self):
        return [self.manage("run_scheduler")]

    def scheduled_count(self):
        sql = "SELECT count(*) FROM tasks_core_job"
        if self.backend == "pg":
            return self.pg_count(sql)
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]
