"""The stored job, and the processes that own jobs."""

from typing import Any

from django.core.checks import CheckMessage
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from tasks_core import ids
from tasks_core.calls import DEFAULT_QUEUE, MAX_KEY, MAX_LABEL, MAX_QUEUE
from tasks_core.exceptions import IllegalTransition
from tasks_core.fields import KeyField
from tasks_core.states import FINAL, JobState, allowed


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


class JobQuerySet(models.QuerySet["Job"]):
    def move(self, source: JobState, target: JobState, **changes: Any) -> int:
        """
        Move the jobs still in ``source`` to ``target`` and return how many moved.

        The old state is part of the WHERE clause, so of two processes that race for one job
        exactly one is told "1".
        """
        if not allowed(source, target):
            raise IllegalTransition(f"{source} -> {target}")
        return self.filter(state=source).update(state=target, **changes)


class Job(models.Model):
    """One stored call of one task. Only ``backends/database/`` changes its state."""

    id = models.UUIDField(primary_key=True, default=ids.job_id, editable=False)
    task = models.CharField(_("task"), max_length=255)
    args = models.JSONField(_("positional arguments"), default=list, blank=True)
    kwargs = models.JSONField(_("keyword arguments"), default=dict, blank=True)
    queue = KeyField(_("queue"), max_length=MAX_QUEUE, default=DEFAULT_QUEUE)
    priority = models.SmallIntegerField(_("priority"), default=0)
    state = KeyField(_("state"), max_length=12, choices=JobState.choices)
    reason = models.CharField(_("reason"), max_length=32, blank=True)

    run_after = models.DateTimeField(_("run after"))
    enqueued_at = models.DateTimeField(_("enqueued at"))
    claimed_at = models.DateTimeField(_("claimed at"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    expires_at = models.DateTimeField(_("expires at"), null=True, blank=True)

    claimed_by = models.ForeignKey(
        Process, models.PROTECT, null=True, blank=True, related_name="jobs", verbose_name=_("owner")
    )
    fence = models.PositiveIntegerField(_("fence"), default=0)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    max_attempts = models.PositiveIntegerField(_("attempts at most"))
    timeout = models.DurationField(_("timeout"), null=True, blank=True)

    return_value = models.JSONField(_("return value"), null=True, blank=True)
    errors = models.JSONField(_("errors"), default=list, blank=True)

    active_key = KeyField(_("key"), max_length=MAX_KEY, null=True, blank=True)
    label = models.CharField(_("label"), max_length=MAX_LABEL, blank=True)
    creator = models.CharField(_("creator"), max_length=MAX_LABEL, blank=True)
    context = models.JSONField(_("context"), default=dict, blank=True)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-enqueued_at", "-id")
        constraints = (
            models.CheckConstraint(
                name="job_state_is_known",
                condition=Q(state__in=[state.value for state in JobState]),
            ),
            models.CheckConstraint(
                name="job_finished_exactly_when_final",
                condition=Q(state__in=sorted(FINAL), finished_at__isnull=False)
                | (~Q(state__in=sorted(FINAL)) & Q(finished_at__isnull=True)),
            ),
            models.CheckConstraint(
                name="job_owned_exactly_while_running",
                condition=Q(state=JobState.RUNNING, claimed_by__isnull=False)
                | (~Q(state=JobState.RUNNING) & Q(claimed_by__isnull=True)),
            ),
            models.CheckConstraint(
                name="job_attempts_within_maximum", condition=Q(attempts__lte=F("max_attempts"))
            ),
            # NULL once final, so that a plain UNIQUE serves; MySQL ignores conditional ones.
            models.UniqueConstraint(name="job_key_once_while_unfinished", fields=["active_key"]),
            models.CheckConstraint(
                name="job_key_free_when_final",
                condition=~Q(state__in=sorted(FINAL)) | Q(active_key__isnull=True),
            ),
        )
        indexes = (
            models.Index(
                fields=["state", "queue", "-priority", "run_after", "id"],
                name="job_claim_of_queue",
            ),
            models.Index(fields=["state", "-priority", "run_after", "id"], name="job_claim_of_all"),
            models.Index(fields=["state", "run_after"], name="job_dispatch"),
            models.Index(fields=["state", "finished_at"], name="job_prune"),
            # Costs nothing for jobs that never expire; MySQL ignores the condition.
            models.Index(
                fields=["state", "expires_at"],
                condition=Q(expires_at__isnull=False),
                name="job_expiry",
            ),
        )

    def __str__(self) -> str:
        return f"{self.label or self.task} ({self.state})"

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        # W037 says that MySQL ignores the condition of an index: it may, as said above.
        return [message for message in super().check(**kwargs) if message.id != "models.W037"]
