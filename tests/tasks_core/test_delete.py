"""successful, failed, cancelled, scheduled, ready -> nothing: single jobs."""

import pytest

from tasks_core.backends.database.delete import delete
from tasks_core.models import Job
from tasks_core.states import JobState
from tests.tasks_core.rows import make_job

pytestmark = pytest.mark.django_db


def test_only_the_jobs_that_were_named_are_removed():
    jobs = [make_job(state) for state in JobState]
    kept = make_job()

    assert delete("default", [job.pk for job in jobs]) == 5
    assert set(Job.objects.values_list("state", flat=True)) == {JobState.RUNNING, JobState.READY}
    assert Job.objects.filter(pk=kept.pk).exists()
