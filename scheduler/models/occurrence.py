"""The ledger: what became of every due time."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduler.choices import Outcome, Reason
from tasks_core.fields import KeyField


class Occurrence(models.Model):
    """
    What became of a due time: a job, or a reason why not. The ledger is all of them.

    Consecutive skips for one reason share a row: ``due_at`` is the first, ``until_at`` the
    last of them. ``batch`` is empty for what the scheduler planned itself.
    """

    schedule_key = KeyField(_("schedule"), max_length=255)
    due_at = models.DateTimeField(_("due"))
    batch = KeyField(max_length=64, blank=True, default="")
    until_at = models.DateTimeField(_("until"))
    count = models.PositiveBigIntegerField(
        _("count"), null=True, blank=True, default=1, help_text=_("Empty: too many to count.")
    )
    outcome = models.CharField(_("outcome"), max_length=16, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=16, choices=Reason, blank=True)
    # No foreign keys: neither pruning jobs nor deleting a schedule erases what happened.
    job_id = models.UUIDField(_("job"), null=True, blank=True, db_index=True)
    recorded_at = models.DateTimeField(_("recorded"), db_index=True)
    recorded_by = models.CharField(_("recorded by"), max_length=255, blank=True)
    definition_hash = models.CharField(max_length=64, blank=True)
    job_state = models.CharField(_("job ended"), max_length=16, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    class Meta:
        verbose_name = _("occurrence")
        verbose_name_plural = _("occurrences")
        ordering: ClassVar = ["-due_at", "schedule_key"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="occurrence_once_per_due_time", fields=["schedule_key", "due_at", "batch"]
            ),
            models.CheckConstraint(
                name="occurrence_outcome_is_known", condition=Q(outcome__in=Outcome.values)
            ),
            models.CheckConstraint(
                name="occurrence_enqueued_has_a_job",
                condition=~Q(outcome=Outcome.ENQUEUED) | Q(job_id__isnull=False),
            ),
            models.CheckConstraint(
                name="occurrence_skipped_has_a_reason",
                condition=Q(outcome=Outcome.ENQUEUED, reason="")
                | Q(outcome=Outcome.SKIPPED, reason__in=Reason.values),
            ),
            models.CheckConstraint(
                name="occurrence_covers_forward", condition=Q(until_at__gte=F("due_at"))
            ),
        ]
        indexes: ClassVar = [
            # For the jobs whose end nobody noted, in the order in which they were made.
            models.Index(name="occurrence_end_not_noted", fields=["job_state", "id"]),
        ]

    def __str__(self) -> str:
        return (
            f"{self.schedule_key} {self.due_at.isoformat()} {self.outcome} {self.reason}".rstrip()
        )
