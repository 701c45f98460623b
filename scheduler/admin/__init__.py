"""
Schedules in the admin: facts to read, forms and verbs for those who may. Operations write.

``schedules``         the list and the page of a schedule; ``schedule_list``, ``schedule_page``
``occurrences``       the ledger                    ``operator_actions``  what operators did
``calendars``         what is excluded              ``maintenance``       when nothing starts
``verbs``             pages that ask first: pause, resume, run, backfill, override, …
``forms``             what people fill in           ``previews``          what that would come to
``filters``           what lists are narrowed to    ``rows``              what all lists share
``chips``             a state as a dot and a word, a moment near and exact
"""

from scheduler.admin.calendars import CalendarAdmin
from scheduler.admin.maintenance import MaintenanceAdmin
from scheduler.admin.occurrences import OccurrenceAdmin
from scheduler.admin.operator_actions import OperatorActionAdmin
from scheduler.admin.schedules import ScheduleAdmin

__all__ = [
    "CalendarAdmin",
    "MaintenanceAdmin",
    "OccurrenceAdmin",
    "OperatorActionAdmin",
    "ScheduleAdmin",
]
