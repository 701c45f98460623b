"""What scheduler processes go by: each should know the same as the others."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class ProcessFacts(models.Model):
    """What one scheduler process knows, noted every minute; no foreign key to the process."""

    process_id = models.UUIDField(primary_key=True)
    release = models.CharField(_("release"), max_length=64, blank=True)
    declarations = models.CharField(_("declarations"), max_length=64)  # a hash of all of them
    tzdata = models.CharField(_("tzdata"), max_length=64)
    skew = models.DurationField(_("ahead of the database"))
    noted_at = models.DateTimeField(_("noted"), db_index=True)

    class Meta:
        verbose_name = _("facts of a process")
        verbose_name_plural = _("facts of processes")
        ordering: ClassVar = ["-noted_at"]

    def __str__(self) -> str:
        return str(self.process_id)


class ZoneRules(models.Model):
    """Which release of tzdata due times were planned with; the newest row holds."""

    version = models.CharField(_("version"), max_length=64)
    since = models.DateTimeField(_("since"))

    class Meta:
        verbose_name = _("time zone rules")
        verbose_name_plural = _("time zone rules")
        ordering: ClassVar = ["-pk"]

    def __str__(self) -> str:
        return str(self.version)
