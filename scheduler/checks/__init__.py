"""What ``manage.py check`` says about schedules. Asks no database. Ids are never reused."""

from scheduler.checks import backends, due_times, entries  # noqa: F401  they register themselves
