"""Calls that were committed here, for a backend that is elsewhere."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Outbox(models.Model):
    """A committed call that its backend, which keeps its jobs elsewhere, is still to be given."""

    id = models.UUIDField(_("job"), primary_key=True, editable=False)
    backend = models.CharField(_("backend"), max_length=64)
    call = models.JSONField(_("call"))
    stored_at = models.DateTimeField(_("stored at"))
    try_at = models.DateTimeField(_("next try"), db_index=True)
    relay = models.UUIDField(_("who tried last"), null=True, blank=True, db_index=True)
    tries = models.PositiveIntegerField(_("failed tries"), default=0)
    error = models.TextField(_("error"), blank=True)

    class Meta:
        verbose_name = _("call in the outbox")
        verbose_name_plural = _("outbox")
        ordering = ("stored_at", "id")

    def __str__(self) -> str:
        return f"{self.call.get('task', '')} for {self.backend}"
