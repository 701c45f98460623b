"""Every arrow of the state diagram, and what processes do about their leases."""

from tasks_core.backends.redis.cancel import cancel, cancel_requested, cancel_requests, expire
from tasks_core.backends.redis.claim import claim
from tasks_core.backends.redis.delete import delete
from tasks_core.backends.redis.dispatch import dispatch
from tasks_core.backends.redis.enqueue import enqueue
from tasks_core.backends.redis.inbox import listener
from tasks_core.backends.redis.leases import end, register, renew
from tasks_core.backends.redis.limits import admit_all
from tasks_core.backends.redis.look import look
from tasks_core.backends.redis.moving import let_go, on_their_way, take_away, take_in
from tasks_core.backends.redis.pause import pause, paused, resume
from tasks_core.backends.redis.progress import report_progress
from tasks_core.backends.redis.prune import prune, prune_keys
from tasks_core.backends.redis.release import release, release_strays
from tasks_core.backends.redis.reschedule import reschedule
from tasks_core.backends.redis.rescue import bury, has_orphans, rescue
from tasks_core.backends.redis.retry import retry
from tasks_core.backends.redis.settle import settle
from tasks_core.backends.redis.snapshots import record, snapshots

__all__ = [
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
