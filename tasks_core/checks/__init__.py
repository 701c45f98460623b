"""What ``manage.py check`` says about JOBS, before anything starts. Ids are never reused."""

from tasks_core.checks import (  # noqa: F401 - they register their checks
    commands,
    mail,
    server,
    settings,
    tasks,
)
