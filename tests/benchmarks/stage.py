"""
Where one measurement takes place: folders, addresses and names.

The runner writes them into the environment; the driver and the workers that it starts inherit
them. Imported by other products' environments too, so it needs nothing but Python.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CACHE = Path(os.environ.get("BENCH_CACHE") or ROOT / ".bench")

PEER = os.environ.get("BENCH_PEER", "tasks_core")
STORE = os.environ.get("BENCH_STORE", "sqlite")  # postgres, sqlite or redis
PROFILE = os.environ.get("BENCH_PROFILE", "default")  # as shipped, or "best" as documented
FOLDER = Path(os.environ.get("BENCH_FOLDER", "."))  # thrown away at the end of the run
PROCESSES = int(os.environ.get("BENCH_PROCESSES", "1"))

POSTGRES_PORT = os.environ.get("BENCH_POSTGRES_PORT", "")
POSTGRES_USER = "postgres"
# Redis databases: peers stay out of each other's way.
REDIS_URL = f"{os.environ.get('BENCH_REDIS', '')}/{sum(PEER.encode()) % 15 + 1}"

TUNED_SQLITE = {
    "timeout": 20,
    "transaction_mode": "IMMEDIATE",
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL",
}


def define(groups: Sequence[tuple[int, str]]) -> None:
    """Let the processes that are started from now on define so many schedules of each line."""
    os.environ["BENCH_SCHEDULES"] = json.dumps(groups)


def cron_lines() -> Iterator[tuple[int, str]]:
    """Yield the number and the cron expression of each schedule that is to be defined."""
    number = 0
    for count, expression in json.loads(os.environ.get("BENCH_SCHEDULES", "[]")):
        yield from ((each, expression) for each in range(number, number + count))
        number += count


def sink() -> Path:
    """Return the file to which each job appends."""
    return FOLDER / "sink"


def database_name() -> str:
    return os.environ.get("BENCH_DATABASE") or f"bench_{PEER}"


def sqlite_file() -> Path:
    return FOLDER / f"{os.environ.get('BENCH_DATABASE') or PEER}.sqlite3"


def dsn(name: str = "") -> str:
    user = f"{POSTGRES_USER}@127.0.0.1:{POSTGRES_PORT}"
    return f"postgresql://{user}/{name or database_name()}"


def databases(**postgres: Any) -> dict[str, Any]:
    """Return Django's DATABASES of this store; ``postgres`` adds settings to that of PostgreSQL."""
    if STORE in {"sqlite", "redis"}:  # with jobs in Redis Django has a database all the same
        return {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": sqlite_file(),
                "OPTIONS": TUNED_SQLITE,
            }
        }
    server = {"USER": POSTGRES_USER, "HOST": "127.0.0.1", "PORT": POSTGRES_PORT}
    engine = "django.db.backends.postgresql"
    return {"default": {"ENGINE": engine, "NAME": database_name(), **server, **postgres}}
