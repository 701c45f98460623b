"""Rows that the tests of the verbs begin with, legal in their state."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection

from tasks_core import clock, ids
from tasks_core.backends.database.claim import claim
from tasks_core.models import Job, Limit, Process
from tasks_core.states import FINAL, JobState

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
ALIVE = timedelta(minutes=5)
DEAD = timedelta(minutes=-5)


def make_process(*, lease=ALIVE, **fields):
    """Store a worker whose lease ends so long from now, by the database's clock."""
    given = {"kind": "worker", "name": "worker", "hostname": "here", "pid": 1, "started_at": NOON}
    return Process.objects.create(**given | {"lease_expires_at": clock.db_now() + lease} | fields)


def end_lease(process_id):
    """Let the process be silent for too long, as after a kill."""
    Process.objects.filter(pk=process_id).update(lease_expires_at=clock.db_now() + DEAD)


def make_job(state=JobState.READY, **fields):
    job = Job(**fields_of(state) | fields)
    job.save_base(force_insert=True)  # no arrow leads to every state
    return job


def make_jobs(count, state=JobState.READY, **fields):
    rows = [Job(**fields_of(state) | fields) for _ in range(count)]
    return Job.rows.bulk_create(rows, batch_size=500)


@contextmanager
def committed_rows(row, count):
    """Store so many jobs, for all tests of a file, and let the database see how they lie."""
    Job.rows.bulk_create((Job(**row(number)) for number in range(count)), batch_size=2000)
    with connection.cursor() as cursor:
        table = "TABLE tasks_core_job" if connection.vendor == "mysql" else "tasks_core_job"
        cursor.execute(f"ANALYZE {table}")
    yield
    for model in (Job, Process, Limit):
        model._base_manager.all().delete()
    connection.close()


def fields_of(state):
    fields = {
        "id": ids.job_id(),
        "task": "tests.app.tasks.nothing",
        "state": state,
        "run_after": NOON + HOUR if state == JobState.SCHEDULED else NOON,
        "enqueued_at": NOON,
        "max_attempts": 3,
    }
    if state == JobState.RUNNING:
        fields |= {"claimed_by": make_process(), "claimed_at": NOON, "attempts": 1, "fence": 1}
    if state in FINAL:
        fields |= {"finished_at": NOON, "attempts": 1, "fence": 1}
    return fields


def claim_one(process=None, **options):
    """Return the attempt of the next job, claimed by ``process`` or a new one."""
    owner = (process or make_process()).pk
    [attempt] = claim("default", owner=owner, limit=1, now=NOON, **options)
    return attempt


def fresh(job):
    """Return the row of a job, result or attempt as it is now."""
    return Job.objects.get(pk=getattr(job, "job_id", None) or job.pk)
