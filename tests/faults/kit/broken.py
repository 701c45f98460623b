"""The controls: backends broken on purpose, which the assertions of a scenario must find out."""

from threading import Event

from django.db.models import F

from tasks_core.backends.database import DatabaseBackend
from tasks_core.backends.database.statements.portable import attempt_of
from tasks_core.models import Job
from tasks_core.outcomes import Errored, Snoozed, Succeeded
from tasks_core.states import JobState


class GreedyBackend(DatabaseBackend):
    """Claims as a first draft would: look, then take, and believe to be alone."""

    def claim(self, *, owner, limit, **options):
        jobs = list(Job.objects.filter(state=JobState.READY).order_by("run_after", "pk")[:limit])
        Event().wait(0.003)
        Job.rows.filter(pk__in=[job.pk for job in jobs]).update(
            state=JobState.RUNNING,
            claimed_by=owner,
            claimed_at=self.now(),
            started_at=self.now(),
            finished_at=None,
            attempts=F("attempts") + 1,
            fence=F("fence") + 1,
        )
        return [attempt_of(job, owner) for job in jobs]


class UnfencedBackend(DatabaseBackend):
    """Settles by the job's id alone, whoever owns the job by now."""

    def settle(self, settled):
        return [self._settle_one(attempt, outcome) for attempt, outcome in settled]

    def _settle_one(self, attempt, outcome):
        assert isinstance(outcome, Succeeded)
        Job.rows.filter(pk=attempt.job_id).update(
            state=JobState.SUCCESSFUL,
            return_value=outcome.value,
            finished_at=self.now(),
            claimed_by=None,
            active_key=None,
        )
        return JobState.SUCCESSFUL


class NegligentBackend(DatabaseBackend):
    """Leaves with the dead what they owned."""

    def rescue(self, rescuer=None):
        return 0


class UncountingBackend(DatabaseBackend):
    """Forgets that an attempt failed, and so never comes to the last one."""

    def settle(self, settled):
        return super().settle([(attempt, _forgotten(outcome)) for attempt, outcome in settled])


def _forgotten(outcome):
    return (
        Snoozed(outcome.retry_in) if isinstance(outcome, Errored) and outcome.retry_in else outcome
    )
