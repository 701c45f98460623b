"""Keys of requests that were answered, so that none is done twice."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_core.fields import KeyField

DIGEST = 64  # characters of a SHA-256


class AnsweredKey(models.Model):
    """What was done for an Idempotency-Key; written in the transaction that did it."""

    digest = KeyField(max_length=DIGEST, primary_key=True)  # of who asked, and with which key
    fingerprint = KeyField(max_length=DIGEST)  # of what was asked
    job_id = models.UUIDField(_("job"), null=True, blank=True)
    # Not yet where the job is stored elsewhere: who repeats the request gives it there once more.
    is_done = models.BooleanField(_("is done"), default=True)
    stored_at = models.DateTimeField(_("stored at"), db_index=True)

    class Meta:
        verbose_name = _("answered key")
        verbose_name_plural = _("answered keys")
        ordering = ("-stored_at",)

    def __str__(self) -> str:
        return str(self.digest)
