"""
Test your own schedules: which are declared, when they are due, what they do then.

kit           ``schedules``: travel, questions, assertions
cases, plugin the same for unittest, and for pytest
travel        the clock that stops at every due time
moments       what a test writes -> instants
crew          the schedulers of a test: many, frozen, killed
work          the jobs, run in the test's thread
findings      what a journey has left in the database
expectations  what a test expects of it
telling       the ledger for people
declared      schedules that exist only inside a test
simulation    a journey in one call
"""

from scheduler.testing.cases import SchedulesMixin
from scheduler.testing.declared import only_declared
from scheduler.testing.kit import schedules
from scheduler.testing.simulation import simulate

__all__ = ["SchedulesMixin", "only_declared", "schedules", "simulate"]
