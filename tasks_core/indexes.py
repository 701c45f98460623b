"""What the database checks of each job, and the indexes of what is asked again and again."""

from django.db import models
from django.db.models import F, Q

from tasks_core.states import FINAL, JobState

CLAIMABLE = Q(state=JobState.READY, parked=False)

CONSTRAINTS = (
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
# Partial where the database can: a row is then in the indexes of its own state only, and
# a move costs two entries instead of eight. MySQL ignores the conditions.
INDEXES = (
    models.Index(
        fields=["state", "parked", "queue", "-priority", "run_after", "id"],
        condition=CLAIMABLE,
        name="job_claim_of_queue",
    ),
    models.Index(
        fields=["state", "parked", "-priority", "run_after", "id"],
        condition=CLAIMABLE,
        name="job_claim_of_all",
    ),
    models.Index(
        fields=["state", "run_after"],
        condition=Q(state=JobState.SCHEDULED),
        name="job_dispatch",
    ),
    models.Index(
        fields=["state", "finished_at"],
        condition=Q(finished_at__isnull=False),
        name="job_prune",
    ),
    models.Index(
        fields=["state", "expires_at"],
        condition=Q(expires_at__isnull=False),
        name="job_expiry",
    ),
    models.Index(fields=["claimed_by"], condition=Q(claimed_by__isnull=False), name="job_owner"),
    models.Index(fields=["suspect", "state"], condition=Q(suspect=True), name="job_suspect"),
    # Of those who asked for jobs, the newest first; a job that nobody asked for is not in it.
    models.Index(fields=["creator", "id"], condition=~Q(creator=""), name="job_of_creator"),
    models.Index(
        fields=["state", "parked", "concurrency_key", "-priority", "run_after"],
        condition=Q(concurrency_key__isnull=False),
        name="job_admit_concurrent",
    ),
    models.Index(
        fields=["state", "parked", "rate_key", "-priority", "run_after"],
        condition=Q(rate_key__isnull=False),
        name="job_admit_rated",
    ),
)
