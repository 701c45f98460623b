"""The stored job, and the processes that own jobs."""

from typing import Any

from django.core.checks import CheckMessage
from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_core import ids
from tasks_core.exceptions import IllegalTransition
from tasks_core.expressions import Flag, Literal
from tasks_core.fields import KeyField
from tasks_core.indexes import CONSTRAINTS, INDEXES
from tasks_core.options import DEFAULT_QUEUE, MAX_KEY, MAX_LABEL, MAX_QUEUE
from tasks_core.states import JobState, allowed


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
    def in_state(self, state: JobState) -> "JobQuerySet":
        """Return the jobs in ``state``, found by the partial index of that state."""
        return self.filter(state=Literal(state.value))

    def claimable(self) -> "JobQuerySet":
        """Return the ready jobs that no limit holds back, found by the indexes of claims."""
        return self.in_state(JobState.READY).filter(Flag("parked", False))

    def suspect(self) -> "JobQuerySet":
        """Return the jobs that must run alone, found by their index."""
        return self.filter(Flag("suspect", True))

    def move(self, source: JobState, target: JobState, **changes: Any) -> int:
        """
        Move the jobs still in ``source`` to ``target`` and return how many moved.

        The old state is part of the WHERE clause, so of two processes that race for one job
        exactly one is told "1".
        """
        if not allowed(source, target):
            raise IllegalTransition(f"{source} -> {target}")
        return self.filter(state=source).update(state=target, **changes)


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

    # No constraint in the database: it would look up the process for each job of each claim,
    # and the claim has asked already. No index of its own: see job_owner.
    claimed_by = models.ForeignKey(
        Process,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="jobs",
        verbose_name=_("owner"),
        db_constraint=False,
        db_index=False,
    )
    fence = models.PositiveIntegerField(_("fence"), default=0)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    max_attempts = models.PositiveIntegerField(_("attempts at most"))
    timeout = models.DurationField(_("timeout"), null=True, blank=True)
    cancel_requested_at = models.DateTimeField(_("cancel requested at"), null=True, blank=True)
    # Its process died while it ran: the next time it runs alone in a process.
    suspect = models.BooleanField(_("suspect"), default=False)

    # Ready, but outside the claim indexes until a limit lets it through.
    parked = models.BooleanField(_("parked"), default=False)
    concurrency_key = KeyField(_("concurrency key"), max_length=MAX_KEY, null=True, blank=True)
    concurrency_limit = models.PositiveIntegerField(_("concurrency limit"), null=True, blank=True)
    rate_key = KeyField(_("rate key"), max_length=MAX_KEY, null=True, blank=True)

    progress_done = models.PositiveBigIntegerField(_("progress: done"), null=True, blank=True)
    progress_total = models.PositiveBigIntegerField(_("progress: of"), null=True, blank=True)

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
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return f"{self.label or self.task} ({self.state})"

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        # W037 says that MySQL ignores the condition of an index: it may, as said above.
        return [message for message in super().check(**kwargs) if message.id != "models.W037"]


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
