"""The admin's history of jobs: what people did to them."""

from collections.abc import Sequence
from typing import Any

from django.apps import apps
from django.db import router

from tasks_core.models import Job

BATCH = 500
CHANGE, DELETION = 2, 3  # the admin's own numbers, which it cannot be asked for if it is not there


def database() -> str | None:
    """Return the alias of the database that has the history; None where there is no admin."""
    if not apps.is_installed("django.contrib.admin"):
        return None
    from django.contrib.admin.models import LogEntry

    return router.db_for_write(LogEntry)


def note(jobs: Sequence[Job], text: str, *, user: Any, flag: int = CHANGE) -> None:
    """Write to the history of each job what ``user`` did to it, where there is an admin."""
    if not apps.is_installed("django.contrib.admin"):
        return
    from django.contrib.admin.models import LogEntry
    from django.contrib.contenttypes.models import ContentType

    kind = ContentType.objects.get_for_model(Job)
    entries = [
        LogEntry(
            user_id=user.pk,
            content_type=kind,
            object_id=str(job.pk),
            object_repr=str(job)[:200],
            action_flag=flag,
            change_message=text,
        )
        for job in jobs
    ]
    LogEntry.objects.bulk_create(entries, batch_size=BATCH)
