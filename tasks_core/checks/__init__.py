"""What ``manage.py check`` says about JOBS, before anything starts. Ids are never reused."""

from tasks_core.checks import mail, server, settings, tasks  # noqa: F401 - they register their checks
