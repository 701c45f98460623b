"""What ``Task`` and ``CompletedTask`` share: their columns, and what is read of them."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import datetime
from hashlib import sha1
from socket import gethostname
from typing import Any, ClassVar, Self

from django.apps import apps
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from scheduler import conf
from scheduler.contrib.background_task.querysets import params_text
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.options import CHECKS, MAX_LABEL

HOUR = 3600
DAY = 24 * HOUR
REPEAT_CHOICES = (
    (HOUR, _("hourly")),
    (DAY, _("daily")),
    (7 * DAY, _("weekly")),
    (14 * DAY, _("every 2 weeks")),
    (28 * DAY, _("every 4 weeks")),
    (0, _("never")),
)
OF_CREATORS = "created_by(user) returns what that user asked for."


class Facts(models.Model):
    """
    The columns that ``Task`` and ``CompletedTask`` share.

    Forms show those that people of django-background-tasks know, and not those of ours.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    task_name = models.CharField(max_length=255)
    task_params = models.TextField()
    verbose_name = models.CharField(max_length=MAX_LABEL, null=True, blank=True)
    priority = models.IntegerField(default=0)
    run_at = models.DateTimeField(null=True, blank=True)  # at once
    repeat = models.BigIntegerField(choices=REPEAT_CHOICES, default=0)
    repeat_until = models.DateTimeField(null=True, blank=True)
    queue = models.CharField(max_length=190, null=True, blank=True)
    attempts = models.IntegerField(default=0)
    failed_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True, default="")  # the traceback
    locked_by = models.CharField(max_length=64, null=True, blank=True)
    locked_at = models.DateTimeField(null=True, blank=True)
    created_by = models.CharField(max_length=MAX_LABEL, default="", editable=False)
    job_id = models.UUIDField(null=True, editable=False)
    schedule_key = models.CharField(max_length=255, null=True, editable=False)

    # What is read of it, and what answers the questions that no column does.
    ask_instead: ClassVar = {
        "task_hash": "get_task(name, args, kwargs) returns the tasks that have the same.",
        "creator": OF_CREATORS,
        "creator_content_type": OF_CREATORS,
        "creator_object_id": OF_CREATORS,
    }

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, *args: Any, **kwargs: Any) -> Self:
        found = super().from_db(*args, **kwargs)
        found.note_read()
        return found

    def refresh_from_db(self, *args: Any, **kwargs: Any) -> None:
        super().refresh_from_db(*args, **kwargs)
        self.note_read()

    def note_read(self) -> None:
        """Note that it says what is stored."""
        self._read = {name: vars(self).get(name) for name in self._names()}

    def changed(self) -> set[str]:
        """Return the names of what was changed since it was read."""
        return {
            name for name in self._names() if not _is_kept(self._read[name], vars(self).get(name))
        }

    def _names(self) -> list[str]:
        return [field.attname for field in self._meta.concrete_fields]

    @property
    def task_hash(self) -> str:
        """Return what is equal for the same name and the same arguments, as there."""
        # Not of the text as it was read: databases put the names of a dict in orders of their own.
        said = f"{self.task_name}{params_text(*self.params())}"
        return sha1(said.encode()).hexdigest()  # noqa: S324

    @property
    def creator(self) -> models.Model | None:
        """Return who asked for it, read anew; None where it is gone."""
        label, _colon, pk = self.created_by.partition(":")
        with suppress(LookupError, ValueError, ValidationError, ObjectDoesNotExist):
            found: models.Model = apps.get_model(label)._meta.base_manager.get(pk=pk)
            return found
        return None

    @creator.setter
    def creator(self, creator: models.Model | None) -> None:
        self.created_by = CHECKS["creator"](creator)

    @property
    def creator_object_id(self) -> int | str | None:
        """Return the primary key of who asked for it, a number or a text."""
        pk = self.created_by.partition(":")[2]
        return int(pk) if pk.isdecimal() else pk or None

    def params(self) -> tuple[list[Any], dict[str, Any]]:
        """Return the positional arguments and those by name. Raises InvalidCall."""
        try:
            args, kwargs = json.loads(self.task_params)
        except (TypeError, ValueError):
            raise InvalidCall(
                'task_params are the arguments as JSON, such as [[1, 2], {"text": "Hello"}], not '
                f"{self.task_params!r:.80}."
            ) from None
        return args, kwargs

    def has_error(self) -> bool:
        return bool(self.last_error)

    has_error.boolean = True  # type: ignore[attr-defined]  # the admin draws it

    def is_repeating_task(self) -> bool:
        return self.repeat > 0

    def locked_by_pid_running(self) -> bool | None:
        """Say whether the process that runs it is alive; None unless one of this host runs it."""
        runs = Job.objects.using(conf.database()).filter(pk=self.job_id)
        runner = runs.values_list("claimed_by__hostname", "claimed_by__pid").first()
        if not self.locked_by or runner != (gethostname(), int(self.locked_by)):
            return None
        try:
            os.kill(int(self.locked_by), 0)
        except OSError as error:
            return isinstance(error, PermissionError)  # another user's is alive, too
        return True

    locked_by_pid_running.boolean = True  # type: ignore[attr-defined]


def _is_kept(stored: Any, said: Any) -> bool:
    """Say whether a value is what was stored, or what a form in which nobody changed it says."""
    if isinstance(stored, datetime) and isinstance(said, datetime):
        return said in (stored, stored.replace(microsecond=0))
    if isinstance(stored, str) and isinstance(said, str):
        return said.replace("\r\n", "\n").strip() == stored.strip()
    return bool(said == stored)
