"""What operators did: who, what, to which schedule, and why."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_core.fields import KeyField


class OperatorAction(models.Model):
    """One act, written in the transaction that did it; an empty ``schedule_key`` means all."""

    at = models.DateTimeField(_("at"), db_index=True)
    by = models.CharField(_("by"), max_length=255)
    verb = models.CharField(_("verb"), max_length=32)
    schedule_key = KeyField(_("schedule"), max_length=255, blank=True, default="", db_index=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    details = models.JSONField(_("details"), default=dict, blank=True)

    class Meta:
        verbose_name = _("operator action")
        verbose_name_plural = _("operator actions")
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.by}: {self.verb} {self.schedule_key}".rstrip()
