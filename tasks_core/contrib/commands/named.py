"""Which management commands ``TASKS_CORE["COMMANDS"]`` lets run as jobs."""

from __future__ import annotations

from tasks_core import conf


def why_not(name: object) -> str:
    """Return why a command of this name may not run as a job, or an empty text."""
    named = conf.get("COMMANDS")
    if name in named:
        return ""
    meant = conf.did_you_mean(str(name), named) if named else ""
    return (
        f"{name!r:.80} is none of the management commands that may run as jobs. "
        f'Add it to TASKS_CORE["COMMANDS"].{meant}'
    )
