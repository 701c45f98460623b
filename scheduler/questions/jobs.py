"""Which jobs are whose."""

from typing import Any

from django.db.models import QuerySet

from scheduler import conf
from scheduler.models import Occurrence


def ids_of(key: str) -> QuerySet[Any, Any]:
    """Return the ids of the jobs that the ledger has of the schedule; some may be pruned."""
    ledger = Occurrence.objects.using(conf.database()).order_by()
    return ledger.filter(schedule_key=key, job_id__isnull=False).values_list("job_id", flat=True)
