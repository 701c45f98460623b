"""What is known of a queue beside its jobs."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_core.fields import KeyField
from tasks_core.options import MAX_LABEL, MAX_QUEUE


class Queue(models.Model):
    """A queue of which something is known beside its jobs: that it is paused."""

    name = KeyField(_("name"), max_length=MAX_QUEUE, primary_key=True)
    paused_at = models.DateTimeField(_("paused at"), null=True, blank=True)
    paused_by = models.CharField(_("paused by"), max_length=MAX_LABEL, blank=True)
    reason = models.CharField(_("reason"), max_length=255, blank=True)

    class Meta:
        verbose_name = _("queue")
        verbose_name_plural = _("queues")
        ordering = ("name",)

    def __str__(self) -> str:
        return str(self.name)
