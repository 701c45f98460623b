"""The processes that own jobs."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_core import ids


class Process(models.Model):
    """A worker or another long-running process. Alive as long as its lease is renewed."""

    id = models.UUIDField(primary_key=True, default=ids.job_id, editable=False)
    kind = models.CharField(_("kind"), max_length=16)
    name = models.CharField(_("name"), max_length=255)
    hostname = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process id"))
    backend = models.CharField(_("backend"), max_length=64, blank=True)
    queues = models.JSONField(_("queues"), default=list, blank=True)
    concurrency = models.PositiveIntegerField(_("concurrency"), default=1)
    started_at = models.DateTimeField(_("started at"))
    lease_expires_at = models.DateTimeField(_("lease expires at"), db_index=True)
    stopped_at = models.DateTimeField(_("stopped at"), null=True, blank=True)

    class Meta:
        verbose_name = _("process")
        verbose_name_plural = _("processes")
        ordering = ("-started_at",)

    def __str__(self) -> str:
        return self.name
