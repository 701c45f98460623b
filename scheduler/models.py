"""Schedules as they run, and the ledger of what became of every due time."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduler import conf
from scheduler.choices import CatchUp, Outcome, Overlap, Reason, Source
from tasks_core import ids
from tasks_core.fields import KeyField


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def active(self) -> ScheduleQuerySet:
        """Return those that a scheduler looks at; the paused ones too, to record their skips."""
        return self.filter(enabled=True, retired_at=None, quarantined_at=None)

    def due(self, now: datetime) -> ScheduleQuerySet:
        return self.active().filter(next_due_at__lte=now).order_by("next_due_at", "key")


class Schedule(models.Model):
    """
    A named thing that is due again and again. The row is self-contained and is what runs.

    ``watermark`` is the instant until which every due time has been decided; ``next_due_at``
    the one that a scheduler waits for, NULL when there will be none.
    """

    key = KeyField(_("key"), max_length=255, primary_key=True)
    task = models.CharField(_("task"), max_length=255)
    trigger = models.TextField(_("trigger"))
    timezone = models.CharField(_("time zone"), max_length=64, blank=True)
    args = models.JSONField(_("arguments"), default=list, blank=True)
    kwargs = models.JSONField(_("keyword arguments"), default=dict, blank=True)
    backend = models.CharField(_("backend"), max_length=64, default="default")
    queue = models.CharField(_("queue"), max_length=64, default="default")
    priority = models.SmallIntegerField(_("priority"), default=0)
    max_attempts = models.PositiveIntegerField(_("most attempts"), null=True, blank=True)

    catch_up = models.CharField(
        _("catch up"), max_length=16, choices=CatchUp, default=CatchUp.LATEST
    )
    catch_up_limit = models.PositiveIntegerField(_("catch-up limit"), default=conf.CATCH_UP_LIMIT)
    catch_up_window = models.DurationField(_("catch-up window"), null=True, blank=True)
    overlap = models.CharField(_("overlap"), max_length=16, choices=Overlap, default=Overlap.SKIP)
    overlap_timeout = models.DurationField(_("overlap timeout"), default=conf.OVERLAP_TIMEOUT)

    source = models.CharField(_("source"), max_length=16, choices=Source, default=Source.DATABASE)
    definition_hash = models.CharField(max_length=64, editable=False)
    replaced_hashes = models.JSONField(default=list, blank=True, editable=False)
    release = models.CharField(_("release"), max_length=64, blank=True, editable=False)

    enabled = models.BooleanField(_("enabled"), default=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    paused_by = models.CharField(_("paused by"), max_length=255, blank=True)
    pause_reason = models.CharField(_("why paused"), max_length=255, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)

    watermark = models.DateTimeField(_("decided until"), editable=False)
    floor = models.DateTimeField(editable=False)  # no planned occurrence at or below it
    known_since = models.DateTimeField(_("known since"), editable=False)
    next_due_at = models.DateTimeField(_("next due"), null=True, blank=True, db_index=True)
    last_due_at = models.DateTimeField(
        _("last due with a job"), null=True, blank=True, editable=False
    )

    error = models.TextField(_("error"), blank=True)
    error_count = models.PositiveIntegerField(_("errors in a row"), default=0)
    quarantined_at = models.DateTimeField(_("quarantined"), null=True, blank=True)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering: ClassVar = ["key"]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="schedule_watermark_not_below_floor",
                condition=Q(watermark__gte=F("floor")),
            ),
            models.CheckConstraint(
                name="schedule_due_after_its_watermark",
                condition=Q(next_due_at=None) | Q(next_due_at__gt=F("watermark")),
            ),
            models.CheckConstraint(
                name="schedule_catch_up_is_known", condition=Q(catch_up__in=CatchUp.values)
            ),
            models.CheckConstraint(
                name="schedule_catch_up_has_a_limit", condition=Q(catch_up_limit__gte=1)
            ),
            models.CheckConstraint(
                name="schedule_overlap_is_known", condition=Q(overlap__in=Overlap.values)
            ),
            models.CheckConstraint(
                name="schedule_source_is_known", condition=Q(source__in=Source.values)
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @property
    def last_job_id(self) -> UUID | None:
        """The id of the newest job that the schedule itself caused."""
        return None if self.last_due_at is None else ids.occurrence_id(self.key, self.last_due_at)

    def is_paused_at(self, moment: datetime) -> bool:
        until = self.paused_until
        return self.paused_at is not None and (until is None or until > moment)


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
