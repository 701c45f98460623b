"""
Jobs in Redis or Valkey: each arrow of the state diagram is one script that the server runs whole.

- backend: what people configure. server: its keys, its clock, and how scripts are called.
- wire: the connection below that. facts: what the server says of itself.
- scripts puts together what lies in lua/: one file for each arrow, and parts that they share.
- verbs: the arrows, one file each, as in the database backend: enqueue, dispatch, claim, settle,
  release, rescue, retry, cancel, reschedule, delete, prune; and pause, leases, limits, progress,
  look, moving (to another backend, and from one).
- calls: what is kept of a call, sealed, and back. snapshots: what callers are told; ends: what
  scripts tell of jobs that have ended.
- inbox: how a worker that waits is handed what comes.
- questions: what operators ask.
"""

from tasks_core.backends.redis.backend import RedisBackend

__all__ = ["RedisBackend"]
