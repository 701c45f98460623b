"""
A PostgreSQL and a Valkey of our own, with the durability that production has.

The servers of the tests answer from memory and never flush; here a commit costs what it costs.
"""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests import services
from tests.benchmarks.stage import POSTGRES_USER

CONFIGURATION = """
listen_addresses = '127.0.0.1'
max_connections = 200
shared_buffers = 512MB
max_wal_size = 8GB
checkpoint_timeout = 30min
# fsync, full_page_writes and synchronous_commit stay on.
"""


def folder_on_disk() -> Path:
    """Return a throw-away folder that is no memory file system, removed with this process."""
    path = Path(tempfile.mkdtemp(prefix="tasks-bench-", dir="/var/tmp"))
    path.chmod(0o755)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def start_postgres(folder: Path) -> dict[str, str]:
    """Start it with its data in ``folder``, and return what the environment must say of it."""
    programs, data, port = _programs(), folder / "postgres", services.free_port()
    data.mkdir(mode=0o700)
    services._give_to_nobody(data)
    initdb = [programs / "initdb", "-D", data, "-A", "trust", "-U", POSTGRES_USER, "-E", "UTF8"]
    services._run([*initdb, "--no-sync", "--no-instructions"])
    has_statements = _has_statements(programs)
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(f"{CONFIGURATION}port = {port}\nunix_socket_directories = '{data}'\n")
        if has_statements:
            configuration.write(
                "shared_preload_libraries = 'pg_stat_statements'\npg_stat_statements.track = 'none'\n"
            )
    control = [programs / "pg_ctl", "-D", data, "-w"]
    services._run([*control, "-l", data / "log", "start"])
    atexit.register(services._run, [*control, "-m", "immediate", "stop"])
    return {
        "BENCH_POSTGRES_PORT": str(port),
        "BENCH_POSTGRES_VERSION": _version(programs),
        "BENCH_POSTGRES_PID": (data / "postmaster.pid").read_text().split()[0],
        "BENCH_POSTGRES_STATEMENTS": "1" if has_statements else "",
    }


def start_redis() -> dict[str, str]:
    """Start a Valkey, as the tests do, and return what the environment must say of it."""
    return {"BENCH_REDIS": services.redis_url().removesuffix("/0")}


def machine(folder: Path) -> dict[str, Any]:
    """Describe this machine as far as it matters to the figures."""
    names = {
        line for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
    }
    memory = Path("/proc/meminfo").read_text().split()[1]
    return {
        "cores": os.cpu_count(),
        "cpu": ", ".join(sorted(name.partition(":")[2].strip() for name in names)),
        "memory_gib": round(int(memory) / 2**20),
        "fdatasync_ms": _flush_time(folder / "flush"),
        "load": round(os.getloadavg()[0], 2),
    }


def _flush_time(path: Path) -> float:
    """Return the median time of a small write that reaches the disk, in ms."""
    took = []
    with path.open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 512)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - began)
    path.unlink()
    return round(sorted(took)[50] * 1000, 3)


def _programs() -> Path:
    """Return the newest installed PostgreSQL, which counts statements; else the one of the wheel."""
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    found = [path for path in installed if (path / "initdb").exists()]
    return max(found, default=None, key=_major) or services._postgres_programs()


def _major(programs: Path) -> int:
    with suppress(ValueError):
        return int(programs.parent.name)
    return 0


def _version(programs: Path) -> str:
    asked = [programs / "postgres", "--version"]
    answer = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    return answer.removeprefix("postgres (PostgreSQL)").split()[0]


def _has_statements(programs: Path) -> bool:
    return any(programs.parent.rglob("pg_stat_statements.so"))
