"""The settings of django-background-tasks, read when they are asked for."""

import os
from datetime import timedelta

from django.conf import settings

from tasks_core.conf import DEFAULT_ALIAS


class AppSettings:
    """Each setting under its name, with the default that it has there."""

    @property
    def MAX_ATTEMPTS(self) -> int:  # noqa: N802 - the name of the setting
        return int(getattr(settings, "MAX_ATTEMPTS", 25))

    @property
    def MAX_RUN_TIME(self) -> float:  # noqa: N802
        """In seconds."""
        return float(getattr(settings, "MAX_RUN_TIME", 3600))

    @property
    def BACKGROUND_TASK_RUN_ASYNC(self) -> bool:  # noqa: N802
        return bool(getattr(settings, "BACKGROUND_TASK_RUN_ASYNC", False))

    @property
    def BACKGROUND_TASK_ASYNC_THREADS(self) -> int:  # noqa: N802
        return int(getattr(settings, "BACKGROUND_TASK_ASYNC_THREADS", os.cpu_count() or 1))

    @property
    def BACKGROUND_TASK_PRIORITY_ORDERING(self) -> str:  # noqa: N802
        """What stands before "priority" to have the first task first: nothing for "ASC"."""
        ordering = getattr(settings, "BACKGROUND_TASK_PRIORITY_ORDERING", "DESC")
        return "" if ordering == "ASC" else "-"

    @property
    def BACKGROUND_TASK_BACKEND(self) -> str:  # noqa: N802
        """The alias in JOBS of the backend that keeps the tasks; a setting of ours."""
        return str(getattr(settings, "BACKGROUND_TASK_BACKEND", DEFAULT_ALIAS))

    BACKGROUND_TASK_MAX_ATTEMPTS = MAX_ATTEMPTS
    BACKGROUND_TASK_MAX_RUN_TIME = MAX_RUN_TIME

    @property
    def timeout(self) -> timedelta:
        """``MAX_RUN_TIME`` as the timeout of a job."""
        return timedelta(seconds=self.MAX_RUN_TIME)

    @property
    def concurrency(self) -> int:
        """How many tasks one process runs at once."""
        return self.BACKGROUND_TASK_ASYNC_THREADS if self.BACKGROUND_TASK_RUN_ASYNC else 1


app_settings = AppSettings()
