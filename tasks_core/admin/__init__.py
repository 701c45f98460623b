"""Jobs, queues, limits and processes as people see them: facts are read-only, verbs are actions."""

from tasks_core.admin.jobs import JobAdmin
from tasks_core.admin.limits import LimitAdmin
from tasks_core.admin.outbox import OutboxAdmin
from tasks_core.admin.processes import ProcessAdmin
from tasks_core.admin.queues import QueueAdmin

__all__ = ["JobAdmin", "LimitAdmin", "OutboxAdmin", "ProcessAdmin", "QueueAdmin"]
