"""What people wrote to the editors."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Message(models.Model):
    name = models.CharField(max_length=80)
    email = models.EmailField()
    subject = models.CharField(max_length=120)
    text = models.TextField()
    refusals = models.PositiveSmallIntegerField(
        _("pretend that the mail server is down"),
        default=0,
        choices=[(0, _("no")), (1, _("for the first attempt")), (2, _("for two attempts"))],
        help_text=_("To watch how a failed job is tried again, later each time."),
    )
    written_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ["-written_at", "-pk"]

    def __str__(self) -> str:
        return self.subject
