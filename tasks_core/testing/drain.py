"""Run everything that is due, here and now, in the calling thread."""

from typing import cast

from tasks_core import conf, job_backends
from tasks_core.attempts import Attempt
from tasks_core.backends.served import ServedBackend
from tasks_core.exceptions import UnsupportedFeature
from tasks_core.outcomes import Outcome
from tasks_core.processes.foreground import run_ready


def drain(
    alias: str = conf.DEFAULT_ALIAS, *, queues: list[str] | None = None
) -> list[tuple[Attempt, Outcome]]:
    """
    Run what is due until nothing due remains, follow-up jobs included.

    Returns each attempt with its outcome, in the order they ran. Works inside a TestCase's
    transaction, because it uses its connection. Backends that run nothing return [].
    """
    backend = job_backends[alias]
    if not backend.supports("claim"):
        if backend.in_band:
            return []
        raise UnsupportedFeature(f"{backend} keeps no jobs that could be run here.")
    return list(run_ready(cast("ServedBackend", backend), queues=queues))
