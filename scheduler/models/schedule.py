"""The schedules as they run: one row each, and nothing else decides."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.core.checks import CheckMessage
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from scheduler import conf
from scheduler.choices import CalendarAction, CatchUp, Overlap, Source
from tasks_core.fields import KeyField


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def active(self) -> ScheduleQuerySet:
        """Return those that a scheduler looks at; the paused ones too, to record their skips."""
        return self.filter(enabled=True, retired_at=None, quarantined_at=None)

    def due(self, now: datetime) -> ScheduleQuerySet:
        """Return those to decide now; only active ones have a ``next_due_at``."""
        return self.filter(next_due_at__lte=now).order_by("next_due_at", "key")


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
    # Dotted paths of declared callables, for those that are computed for each job.
    args_from = models.CharField(_("arguments from"), max_length=255, blank=True)
    kwargs_from = models.CharField(_("keyword arguments from"), max_length=255, blank=True)
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
    splay = models.DurationField(_("splay"), default=timedelta)
    start_at = models.DateTimeField(_("starts"), null=True, blank=True)
    end_at = models.DateTimeField(_("ends"), null=True, blank=True)
    max_runs = models.PositiveIntegerField(_("most runs"), null=True, blank=True)
    calendar = models.CharField(_("calendar"), max_length=64, blank=True)
    calendar_rules = models.TextField(blank=True, editable=False)  # as they were when written
    calendar_action = models.CharField(
        _("when excluded"), max_length=16, choices=CalendarAction, default=CalendarAction.SKIP
    )
    enabled_if = models.CharField(_("enabled if"), max_length=255, blank=True)
    must_succeed_within = models.DurationField(_("must succeed within"), null=True, blank=True)

    source = models.CharField(_("source"), max_length=16, choices=Source, default=Source.DATABASE)
    definition_hash = models.CharField(max_length=64, editable=False)  # of what runs
    declared_hash = models.CharField(max_length=64, blank=True, editable=False)  # without override
    override = models.JSONField(_("override"), null=True, blank=True, editable=False)
    declared = models.JSONField(null=True, blank=True, editable=False)  # what it stands before
    overridden_at = models.DateTimeField(_("overridden"), null=True, blank=True)
    overridden_by = models.CharField(_("overridden by"), max_length=255, blank=True)
    override_reason = models.CharField(_("why overridden"), max_length=255, blank=True)
    replaced_hashes = models.JSONField(default=list, blank=True, editable=False)
    release = models.CharField(_("release"), max_length=64, blank=True, editable=False)

    enabled = models.BooleanField(_("enabled"), default=True)
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True)
    renamed_to = models.CharField(_("renamed to"), max_length=255, blank=True)
    paused_at = models.DateTimeField(_("paused"), null=True, blank=True)
    paused_by = models.CharField(_("paused by"), max_length=255, blank=True)
    pause_reason = models.CharField(_("why paused"), max_length=255, blank=True)
    paused_until = models.DateTimeField(_("paused until"), null=True, blank=True)

    watermark = models.DateTimeField(_("decided until"), editable=False)
    floor = models.DateTimeField(editable=False)  # no planned occurrence at or below it
    known_since = models.DateTimeField(_("known since"), editable=False)
    next_due_at = models.DateTimeField(_("next due"), null=True, blank=True)
    last_due_at = models.DateTimeField(
        _("last due with a job"), null=True, blank=True, editable=False
    )
    # The job whose end a due time waits for, under overlap "queue_one".
    waits_for = models.UUIDField(_("waits for"), null=True, blank=True)
    runs = models.PositiveBigIntegerField(_("runs"), default=0, editable=False)
    stale_since = models.DateTimeField(_("stale since"), null=True, blank=True, editable=False)

    error = models.TextField(_("error"), blank=True)
    error_count = models.PositiveIntegerField(_("errors in a row"), default=0)
    quarantined_at = models.DateTimeField(_("quarantined"), null=True, blank=True)

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        verbose_name = _("schedule")
        verbose_name_plural = _("schedules")
        ordering: ClassVar = ["key"]
        indexes: ClassVar = [
            # With the key, by which those due at one instant are told apart: else each batch of
            # a herd would sort all of it.
            models.Index(name="schedule_due", fields=["next_due_at", "key"]),
            # Of those that wait, where the database can: it costs the others nothing to move on.
            models.Index(
                name="schedule_waits",
                fields=["waits_for"],
                condition=Q(waits_for__isnull=False),
            ),
        ]
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
                name="schedule_due_only_while_active",
                condition=Q(next_due_at=None)
                | Q(enabled=True, retired_at__isnull=True, quarantined_at__isnull=True),
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
                name="schedule_calendar_action_is_known",
                condition=Q(calendar_action__in=CalendarAction.values),
            ),
            models.CheckConstraint(
                name="schedule_source_is_known", condition=Q(source__in=Source.values)
            ),
        ]

    def __str__(self) -> str:
        return str(self.key)

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        # W037 says that MySQL ignores the condition of an index: it may, as said above.
        return [message for message in super().check(**kwargs) if message.id != "models.W037"]

    def is_paused_at(self, moment: datetime) -> bool:
        return is_paused(self.paused_at, self.paused_until, at=moment)


def is_paused(since: datetime | None, until: datetime | None, *, at: datetime) -> bool:
    return since is not None and (until is None or until > at)
