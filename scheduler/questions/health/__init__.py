"""
Are schedules and schedulers well: each thing looked at becomes one finding, good or bad.

``examine``    everything, once
``processes``  schedulers: alive, with one opinion of what is declared, of zones and of the time
``schedules``  overdue, in quarantine, failing, overlapping, stale, paused
``queues``     where the jobs of schedules go, and nobody fetches them
``ledger``     what its rows may never say
"""

from scheduler.questions.health.examine import examine

__all__ = ["examine"]
