"""
What an operator does to schedules on a page that asks first.

``verb``   a verb: when there is a button for it, what it asks, what it does
``known``  all of them
``page``   the page: for one schedule, or for those that were chosen in the list
"""

from scheduler.admin.verbs.known import VERBS
from scheduler.admin.verbs.page import for_many, for_one
from scheduler.admin.verbs.verb import Verb

__all__ = ["VERBS", "Verb", "for_many", "for_one"]
