"""Insert through Django's ORM, for MySQL, MariaDB and whatever else it speaks."""

from django.db import IntegrityError, transaction

from tasks_core import clock
from tasks_core.backends.database.statements.columns import Columns, rows_of, timed
from tasks_core.models import Job
from tasks_core.states import JobState

BATCH = 500  # rows in one INSERT


def insert(alias: str, columns: Columns) -> list[JobState | None]:
    """Insert the jobs; see ``insertion.insert``."""
    jobs = rows_of(timed(columns, now=clock.db_now(alias)))
    with transaction.atomic(using=alias, savepoint=False):
        plain = [job for job in jobs if job.active_key is None]
        Job.rows.using(alias).bulk_create(plain, batch_size=BATCH)
        return [
            JobState(job.state) if job.active_key is None or _was_free(alias, job) else None
            for job in jobs
        ]


def _was_free(alias: str, job: Job) -> bool:
    """Store a job unless another has its key: INSERT IGNORE would ignore much more than that."""
    jobs = Job.rows.using(alias)
    if jobs.filter(active_key=job.active_key).exists():
        return False
    try:
        with transaction.atomic(using=alias):
            job.save_base(using=alias, force_insert=True)
    except IntegrityError:
        # Another process stored one in between; it may even have ended by now.
        if jobs.filter(pk=job.pk).exists():
            raise
        return False
    return True
