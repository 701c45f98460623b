"""What ``manage.py check`` says about schedules. Asks no database. Ids are never reused."""

from scheduler.checks import (  # noqa: F401  they register themselves
    backends,
    due_times,
    entries,
    ticks,
)
