"""Every arrow of the state diagram, and what processes do about their leases."""

from tasks_core.backends.database.cancel import (
    cancel,
    cancel_requested,
    cancel_requests,
    expire,
)
from tasks_core.backends.database.claim import claim
from tasks_core.backends.database.delete import delete
from tasks_core.backends.database.dispatch import dispatch
from tasks_core.backends.database.enqueue import enqueue
from tasks_core.backends.database.leases import end, register, renew
from tasks_core.backends.database.limits.admit import admit
from tasks_core.backends.database.limits.sweep import admit_all
from tasks_core.backends.database.moving import let_go, on_their_way, take_away, take_in
from tasks_core.backends.database.pause import pause, paused, resume
from tasks_core.backends.database.progress import report_progress
from tasks_core.backends.database.prune import prune, prune_keys
from tasks_core.backends.database.questions.look import look
from tasks_core.backends.database.release import release, release_strays
from tasks_core.backends.database.reschedule import reschedule
from tasks_core.backends.database.rescue import bury, has_orphans, rescue
from tasks_core.backends.database.retry import retry
from tasks_core.backends.database.settle import settle
from tasks_core.backends.database.snapshots import record, snapshots
from tasks_core.backends.database.wakeup.listening import listener

__all__ = [
    "admit",
    "admit_all",
    "bury",
    "cancel",
    "cancel_requested",
    "cancel_requests",
    "claim",
    "delete",
    "dispatch",
    "end",
    "enqueue",
    "expire",
    "has_orphans",
    "let_go",
    "listener",
    "look",
    "on_their_way",
    "pause",
    "paused",
    "prune",
    "prune_keys",
    "record",
    "register",
    "release",
    "release_strays",
    "renew",
    "report_progress",
    "reschedule",
    "rescue",
    "resume",
    "retry",
    "settle",
    "snapshots",
    "take_away",
    "take_in",
]
