"""What each schedule said, and from when until when: what an audit reckons with."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_core.fields import KeyField


class Definition(models.Model):
    """
    One version of a schedule: it decided every due time in (``since``, ``until``].

    ``until`` is NULL while it is in force. No foreign key: a schedule may be deleted, and what
    it had been is still what its ledger is checked against.
    """

    schedule_key = KeyField(_("schedule"), max_length=255)
    since = models.DateTimeField(_("since"))
    until = models.DateTimeField(_("until"), null=True, blank=True)
    definition = models.JSONField(_("definition"))
    definition_hash = models.CharField(max_length=64)
    release = models.CharField(_("release"), max_length=64, blank=True)
    recorded_by = models.CharField(_("recorded by"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("definition")
        verbose_name_plural = _("definitions")
        ordering: ClassVar = ["schedule_key", "-since", "-pk"]
        indexes: ClassVar = [models.Index(name="definition_of", fields=["schedule_key", "since"])]

    def __str__(self) -> str:
        return f"{self.schedule_key} since {self.since.isoformat()}"
