"""The stored job."""

from typing import Any, NoReturn

from django.core.checks import CheckMessage
from django.db import models
from django.utils.translation import gettext_lazy as _

from tasks_core import ids
from tasks_core.exceptions import InvalidCall
from tasks_core.fields import KeyField
from tasks_core.indexes import CONSTRAINTS, INDEXES
from tasks_core.models.jobs import Jobs
from tasks_core.models.process import Process
from tasks_core.models.queries import JobQuerySet
from tasks_core.options import DEFAULT_QUEUE, MAX_KEY, MAX_LABEL, MAX_QUEUE
from tasks_core.states import JobState


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

    objects = Jobs.as_manager()
    # The table as it is, for the arrows alone.
    rows = JobQuerySet.as_manager()

    class Meta:
        verbose_name = _("job")
        verbose_name_plural = _("jobs")
        ordering = ("-enqueued_at", "-id")
        constraints = CONSTRAINTS
        indexes = INDEXES

    def __str__(self) -> str:
        return f"{self.label or self.task} ({self.state})"

    def save(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refuse: what was read may have moved since, and a worker would lose its job."""
        raise InvalidCall(
            "A job is not saved, since only the arrows may move it: "
            f"Job.objects.filter(pk={str(self.pk)!r}) has .retry(), .cancel(), .reschedule() and "
            ".update(label=…, creator=…)."
        )

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Remove the job unless it runs; return what Django's ``delete()`` does."""
        return type(self).objects.using(self._state.db).filter(pk=self.pk).delete()

    @classmethod
    def check(cls, **kwargs: Any) -> list[CheckMessage]:
        # W037 says that MySQL ignores the condition of an index: it may, as said above.
        return [message for message in super().check(**kwargs) if message.id != "models.W037"]
