"""
The worker, and what it is made of: begin with ``worker``, whose ``tick`` is one turn.

- Jobs come in: lookout (when to look), wakeup (who calls), intake (which to take), durations.
- They run: slots, threads, coroutines, executions, interruptions.
- They leave: settlement, reports of their progress.
- Now and then: admissions of limited jobs, maintenance.
- With a supervisor: tether, notes, inheritance; without one: running.
- In a process that is there for something else: guest.
"""

from tasks_core.processes.worker.worker import Worker

__all__ = ["Worker"]
