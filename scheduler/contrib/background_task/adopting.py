"""A task that repeats in the table of django-background-tasks -> one of ours, once."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db import transaction

from scheduler.contrib.background_task.models import Repetition, Task
from scheduler.contrib.background_task.storing import backend, begin
from scheduler.contrib.background_task.tasks import tasks


def adopt(pk: UUID, *, task_name: str, created_by: str, **options: Any) -> bool:
    """
    Store a task that repeats under an id that it always has; say whether it was not there.

    ``options`` are those of ``Task.objects.new_task``. Its first due time may be over already.
    """
    database = backend().database
    with transaction.atomic(using=database):
        if Repetition.objects.using(database).filter(pk=pk).exists():
            return False
        task = Task.objects.new_task(task_name, **options)
        task.created_by = created_by
        task.repeat_on_failure = tasks.known(task_name).repeat_on_failure
        begin(task, pk)
    return True
