"""
What ``manage.py check`` says about schedules. Ids are never reused.

Only ``stored`` asks a database, when ``--database`` names it.
"""

from scheduler.checks import (  # noqa: F401  they register themselves
    backends,
    commands,
    due_times,
    entries,
    stored,
    ticks,
)
