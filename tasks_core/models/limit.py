"""How many jobs may run at once, and how often."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_core.fields import KeyField
from tasks_core.options import MAX_KEY


class Limit(models.Model):
    """How many jobs with one key may run at once, or how soon one after another; also a lock."""

    key = KeyField(_("key"), max_length=MAX_KEY, primary_key=True)
    permits = models.PositiveIntegerField(_("at once"), null=True, blank=True)
    spacing = models.DurationField(_("time between two"), null=True, blank=True)
    next_at = models.DateTimeField(_("next not before"), null=True, blank=True)

    class Meta:
        verbose_name = _("limit")
        verbose_name_plural = _("limits")
        ordering = ("key",)

    def __str__(self) -> str:
        return str(self.key)
