"""Calendars that are kept in the database, beside those of the settings."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_core.fields import KeyField


class Calendar(models.Model):
    """A named set of times that are excluded; ``rules`` as in SCHEDULER["CALENDARS"]."""

    name = KeyField(_("name"), max_length=64, primary_key=True)
    rules = models.JSONField(_("rules"), default=dict)

    class Meta:
        verbose_name = _("calendar")
        verbose_name_plural = _("calendars")
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return str(self.name)
