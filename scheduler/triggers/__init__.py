"""
Triggers: values that yield due times. Pure; the moment to start from comes in as an argument.

``expression``  Cron: when the wall clock matches a cron expression
``interval``    Every: again after the same elapsed time
``once``        At: one moment
``days``        Daily, Weekly: times of every nth day, weekdays of every nth week
``months``      Monthly: a day of every nth month; ``month_days`` says which
``combined``    AnyOf, AllOf, Between: made of other triggers
``excluding``   Except: without what a calendar excludes
``moved``       Moved: what a calendar excludes, on another day; ``moves`` finds it
``specs``       from_spec: a trigger from its text
``parts``       what may be a part of a trigger; ``wall``: times of day, anchors

A trigger of your own is any object with ``next_after(moment)`` and ``spec()``.
"""

from scheduler.due.protocol import Trigger, due_times, next_due
from scheduler.triggers.combined import AllOf, AnyOf, Between
from scheduler.triggers.days import Daily, Weekly
from scheduler.triggers.excluding import Except
from scheduler.triggers.expression import Cron
from scheduler.triggers.interval import EPOCH, Every
from scheduler.triggers.months import Monthly
from scheduler.triggers.moved import Moved
from scheduler.triggers.once import At
from scheduler.triggers.parts import as_trigger, described, zone_of
from scheduler.triggers.specs import from_spec

__all__ = [
    "EPOCH",
    "AllOf",
    "AnyOf",
    "At",
    "Between",
    "Cron",
    "Daily",
    "Every",
    "Except",
    "Monthly",
    "Moved",
    "Trigger",
    "Weekly",
    "as_trigger",
    "described",
    "due_times",
    "from_spec",
    "next_due",
    "zone_of",
]
