"""
The tables: a schedule as it runs, and the ledger of its due times.

``schedule``    what runs: one self-contained row each
``occurrence``  the ledger: a job or a reason for every due time
``definition``  what each schedule said, and from when until when
``action``      what operators did, and why
``calendar``    calendars kept in the database
``maintenance`` times in which nothing is started
``nonce``       signed requests that were answered
``facts``       what scheduler processes go by: release, declarations, tzdata, clock
"""

from scheduler.models.action import OperatorAction
from scheduler.models.calendar import Calendar
from scheduler.models.definition import Definition
from scheduler.models.facts import ProcessFacts, ZoneRules
from scheduler.models.maintenance import Maintenance
from scheduler.models.nonce import SpentNonce
from scheduler.models.occurrence import Occurrence
from scheduler.models.schedule import Schedule, ScheduleQuerySet

__all__ = [
    "Calendar",
    "Definition",
    "Maintenance",
    "Occurrence",
    "OperatorAction",
    "ProcessFacts",
    "Schedule",
    "ScheduleQuerySet",
    "SpentNonce",
    "ZoneRules",
]
