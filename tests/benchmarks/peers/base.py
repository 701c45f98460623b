"""What a product must say to be measured. Modules of products import nothing of them at the top."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from datetime import datetime
from functools import cached_property
from typing import Any

from tests.benchmarks import processes, stage

JOBS = "tests.benchmarks.peers.jobs"


class Peer:
    """
    A product with one store (stage.STORE) and one profile (stage.PROFILE).

    "default" is the product without any settings, "best" what its documentation offers for speed
    without giving up its guarantees.
    """

    is_django = True
    has_many = False  # whether it can enqueue many calls at once
    pause = 0.2  # seconds between two jobs at most, where the latency of picking up is measured
    drained = 6000  # jobs that it is given to drain

    @cached_property
    def is_best(self) -> bool:
        return stage.PROFILE == "best"

    def settings(self) -> dict[str, Any]:
        """Return its Django settings."""
        return {}

    def prepare(self) -> None:
        """Give it a new, empty, migrated store."""
        if stage.STORE == "postgres":
            self._new_database()
        elif stage.STORE == "sqlite":
            self._new_file()
        else:
            import redis

            redis.Redis.from_url(stage.REDIS_URL).flushdb()

    def settle_down(self) -> None:
        """Between storing jobs and running them: the statistics that a live table has."""
        if stage.STORE == "postgres":
            import psycopg

            with psycopg.connect(stage.dsn(), autocommit=True) as connection:
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")

    def enqueue(self, number: int) -> None:
        raise NotImplementedError

    def enqueue_many(self, numbers: range) -> None:
        for number in numbers:
            self.enqueue(number)

    def enqueue_at(self, number: int, when: datetime) -> None:
        raise NotImplementedError

    def worker(self, processes: int) -> list[list[str]]:
        """Return the commands that together are a worker of so many processes."""
        raise NotImplementedError

    def define(self) -> None:
        """Store the schedules of ``stage.cron_lines()``, if it keeps them elsewhere than in code."""

    def scheduler(self, number: int) -> list[list[str]]:
        """Return the commands of so many schedulers, which run as few jobs as they can."""
        raise NotImplementedError

    def seconds_until_ready(self, running: list[processes.Session], *, timeout: float) -> float:
        """Wait until the schedulers that were just started wait for what is due."""
        calm = processes.seconds_until_calm(running, timeout=timeout)
        if calm is None:
            raise RuntimeError(f"The scheduler was not ready within {timeout:.0f} s.")
        return calm

    def scheduled(self, since: datetime) -> int:
        """Return how many jobs exist because of schedules; those due before may be left out."""
        raise NotImplementedError

    def run_scheduled(self) -> None:
        """Run the jobs of one due time, where the next due time looks at them."""

    def after_drain(self) -> dict[str, Any]:
        """Return what else is to be told of a drain."""
        return {}

    def count(self, sql: str, *values: Any) -> int:
        """Return the number that ``sql`` answers, asked over one connection that stays open."""
        return int(self._asking.execute(sql, values).fetchone()[0])

    @cached_property
    def _asking(self) -> Any:
        import psycopg

        return psycopg.connect(stage.dsn(), autocommit=True)

    def django(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "django", *arguments]

    def program(self, name: str, *arguments: str) -> list[str]:
        return [sys.executable, os.path.join(os.path.dirname(sys.executable), name), *arguments]  # noqa: PTH118, PTH120 - a symlink that must not be resolved

    def _new_database(self) -> None:
        import psycopg

        name = stage.database_name()
        template = f"{name}_template"
        with psycopg.connect(stage.dsn("postgres"), autocommit=True) as server:
            found = server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [template])
            if not found.fetchone():
                server.execute(f'CREATE DATABASE "{template}"')
                if self.is_django:
                    self._migrate(template)
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')

    def _new_file(self) -> None:
        file = stage.sqlite_file()
        template = file.with_name(f"{file.stem}_template.sqlite3")
        for ending in ("", "-wal", "-shm"):
            file.with_name(file.name + ending).unlink(missing_ok=True)
        if self.is_django:
            if not template.exists():
                self._migrate(template.stem)
            shutil.copy(template, file)

    def _migrate(self, database: str) -> None:
        environment = os.environ | {"BENCH_DATABASE": database}
        command = self.django("migrate", "--verbosity", "0")
        subprocess.run(command, check=True, cwd=stage.ROOT, env=environment)
