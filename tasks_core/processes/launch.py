"""Become the supervisor of workers: this process is replaced, and starts what it was."""

import logging
import os
import sys
from math import ceil
from pathlib import Path
from typing import NoReturn

from django.db import connections
from django.utils import autoreload

from tasks_core import conf
from tasks_core.processes import supervisor
from tasks_core.processes.supervisor.plan import Plan

QUOTA = Path("/sys/fs/cgroup/cpu.max")  # "200000 100000" is two processors, "max …" all
CAN_SUPERVISE = os.name == "posix"  # elsewhere a process cannot be replaced by another


def supervise(
    *,
    processes: int,
    max_memory: int | None,
    duration: float | None,
    health_file: str | None,
) -> NoReturn:
    """Leave Django behind and start so many processes with the arguments of this one."""
    plan = Plan(
        command=[str(word) for word in autoreload.get_child_arguments()],
        processes=processes,
        lease=conf.get("LEASE").total_seconds(),
        grace=conf.get("GRACE").total_seconds(),
        tell_grace=conf.get("TELL_GRACE").total_seconds(),
        max_memory=max_memory,
        duration=duration,
        health_file=health_file,
    )
    connections.close_all()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    # Neither variables of Python nor the project's packages: the standard library and one file.
    flags = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else [])]
    path = str(Path(supervisor.__file__).with_name("__main__.py"))
    os.execv(sys.executable, [sys.executable, *flags, path, plan.dump()])  # noqa: S606


def processors() -> int:
    """Return how many processors we may use, as the scheduler and the container have it."""
    count = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    try:
        quota, period = QUOTA.read_text().split()
        return count if quota == "max" else max(1, min(count, ceil(int(quota) / int(period))))
    except (OSError, ValueError):
        return count
