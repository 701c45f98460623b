"""
The tables. A job and what becomes of it; ``scheduler`` has tables of its own.

- job: one stored call. queries: which jobs. jobs: what is done to them, by the arrows.
- process: who owns jobs. queue, limit: what lets them through.
- outbox: calls for backends that are elsewhere.
"""

from tasks_core.models.job import Job
from tasks_core.models.jobs import Jobs
from tasks_core.models.limit import Limit
from tasks_core.models.outbox import Outbox
from tasks_core.models.process import Process
from tasks_core.models.queries import JobQuerySet
from tasks_core.models.queue import Queue

__all__ = ["Job", "JobQuerySet", "Jobs", "Limit", "Outbox", "Process", "Queue"]
