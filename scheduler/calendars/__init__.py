"""
Calendars: named sets of times that are excluded. Pure values; holidays, freezes, weekends.

``rules``  what people write, checked: weekdays, dates, ranges, windows
``value``  a calendar that answers: ``excludes``, ``next_change``, ``spec``
``names``  which calendar a name means: the setting's, then the database's
"""

from scheduler.calendars.names import calendar, declared, named, remembered
from scheduler.calendars.rules import Rules
from scheduler.calendars.value import Calendar, allowed_from

__all__ = ["Calendar", "Rules", "allowed_from", "calendar", "declared", "named", "remembered"]
