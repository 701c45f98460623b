"""The states of a job and the arrows between them: the state diagram as data."""

from typing import Final, NamedTuple

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class JobState(TextChoices):
    SCHEDULED = "scheduled", _("Scheduled")  # waits for its run_after
    READY = "ready", _("Ready")  # any worker may claim it
    RUNNING = "running", _("Running")  # exactly one process owns it
    SUCCESSFUL = "successful", _("Successful")
    FAILED = "failed", _("Failed")  # no attempts left
    CANCELLED = "cancelled", _("Cancelled")


S = JobState

FINAL = frozenset({S.SUCCESSFUL, S.FAILED, S.CANCELLED})
UNFINISHED = frozenset(S) - FINAL
WAITING = (S.SCHEDULED, S.READY)  # nobody owns it, so that whoever decides need ask nobody

UNKNOWN: Final = "unknown"
"""The status of a call whose backend tells nothing about it."""


class Arrow(NamedTuple):
    """One row of the state table: who moves a job from where to where."""

    source: tuple[JobState, ...]
    target: tuple[JobState, ...]
    verb: str

    def __str__(self) -> str:
        return f"{_names(self.source)} -> {_names(self.target)}"


def _names(states: tuple[JobState, ...]) -> str:
    return ", ".join(state.value for state in states) or "nothing"


ARROWS = (
    Arrow((), (S.SCHEDULED, S.READY), "enqueue"),
    Arrow((S.SCHEDULED,), (S.READY,), "dispatch"),
    Arrow((S.READY,), (S.RUNNING,), "claim"),
    Arrow((S.RUNNING,), (S.SUCCESSFUL, S.FAILED, S.CANCELLED, S.SCHEDULED), "settle"),
    Arrow((S.RUNNING,), (S.READY,), "release"),
    Arrow((S.RUNNING,), (S.READY, S.FAILED), "rescue"),
    Arrow((S.SCHEDULED, S.READY), (S.CANCELLED,), "cancel"),
    Arrow((S.FAILED, S.CANCELLED), (S.READY,), "retry"),
    Arrow((S.SCHEDULED, S.READY), (S.SCHEDULED, S.READY), "reschedule"),
    Arrow((S.SUCCESSFUL, S.FAILED, S.CANCELLED, S.SCHEDULED, S.READY), (), "delete"),
    Arrow((S.SUCCESSFUL, S.FAILED, S.CANCELLED), (), "prune"),
)


def allowed(source: str, target: str) -> bool:
    """Say whether some arrow leads from ``source`` to ``target``."""
    return any(source in arrow.source and target in arrow.target for arrow in ARROWS)
