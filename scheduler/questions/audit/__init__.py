"""
An audit: each due time is covered by one row, and each row has its due time and its job.

``report``    everything: schedules in pages, each doubt looked at again with its row locked
``compare``   the ledger of one schedule against the due times of its definitions
``jobs``      the ledger against the jobs, both ways
``faults``    what can be wrong, as values with a sentence
"""

from scheduler.questions.audit.faults import Fault, Kind
from scheduler.questions.audit.report import Report, audit

__all__ = ["Fault", "Kind", "Report", "audit"]
