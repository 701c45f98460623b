"""
What becomes of the due times of one schedule, and what became of them, and why.

``coming``     the next due times: as people read them, and what each will be
``forecast``   what a scheduler that started now would decide
``durations``  how long its jobs took, and whether the next is likely to meet the last
``instant``    one instant: what the ledger and the history say of it
``reasons``    the sentences of a skip
``moments``    an instant in the schedule's own zone
"""

from scheduler.questions.explain.coming import Coming, Outlook, outlook
from scheduler.questions.explain.instant import Answer, at

__all__ = ["Answer", "Coming", "Outlook", "at", "outlook"]
