"""
What an operator does to schedules, a verb to a file, each noted with who did it and why.

``pause``        due times are recorded as skipped from now on
``resume``       they become jobs again; with or without those of the pause
``release``      out of quarantine
``run``          one job now, beside the schedule
``backfill``     jobs for due times that are over
``create``       a schedule in the database, or thousands
``change``       what such a schedule says
``delete``       such a schedule; its ledger stays
``override``     another trigger or other arguments than the code declares, until restored
``maintenance``  nothing starts, whatever is due
``calendar``     a named set of excluded times; what uses it is planned anew

A verb locks the row, decides what is due until now under the old circumstances, and only then
changes them, all in one transaction: so a pause never swallows what was due before it, nor what
comes after it. What this process cannot decide, as it does not know the task or the trigger, is
left undecided: a scheduler that knows them does it later, with the times of the pause from the
row.

``locking``  a row, locked, and decided until now     ``actions``  the note of who, when and why
``batches``  due times become jobs, asked for         ``entries``  a schedule as plain data
``gaps``     the due times of a stretch without jobs  ``awaited``  the verbs for coroutines
"""

from scheduler.operations.actions import Operator
from scheduler.operations.backfill import Backfill, backfill
from scheduler.operations.calendar import delete_calendar, save_calendar
from scheduler.operations.change import change
from scheduler.operations.create import create, create_many
from scheduler.operations.delete import delete
from scheduler.operations.maintenance import (
    begin_maintenance,
    current_maintenance,
    end_maintenance,
)
from scheduler.operations.override import override, restore
from scheduler.operations.pause import pause
from scheduler.operations.release import release
from scheduler.operations.resume import Resumed, resume
from scheduler.operations.run import Ran, run

__all__ = [
    "Backfill",
    "Operator",
    "Ran",
    "Resumed",
    "backfill",
    "begin_maintenance",
    "change",
    "create",
    "create_many",
    "current_maintenance",
    "delete",
    "delete_calendar",
    "end_maintenance",
    "override",
    "pause",
    "release",
    "restore",
    "resume",
    "run",
    "save_calendar",
]
