"""Processes forked from one that has loaded everything: a few milliseconds for each life."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from datetime import datetime

from django.db import connection

from tasks_core.testing import FrozenClock


def in_a_process(work: Callable[[], object], moment: datetime) -> int:
    """Do ``work`` at ``moment`` in a process of its own, and return how that ended, as ``wait``."""
    return os.waitpid(begin(work, moment), 0)[1]


def begin(work: Callable[[], object], moment: datetime) -> int:
    """Begin to do so, and return the process's id."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            FrozenClock(moment).install()
            work()
            connection.close()
            status = 0
        except Exception:  # noqa: BLE001  told, and the status says it
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return pid
