"""How much waits in the outbox, and since when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Count, Min

from tasks_core import clock, conf
from tasks_core.backends import job_backends
from tasks_core.backends.database.questions.findings import (
    Finding,
    Level,
    counted,
    good,
    rounded,
)
from tasks_core.models import Outbox

PATIENCE = timedelta(minutes=1)  # a row is handed over at once, or seconds after a crash
CURE = "See its error in the admin, or in the log; a living worker or scheduler tries again."


class Waiting(NamedTuple):
    """What waits: how many rows, since when the oldest, and why some rows failed last."""

    number: int
    since: datetime | None
    age: timedelta
    error: str


def is_used(alias: str | None = None) -> bool:
    """Say whether some backend keeps its jobs outside this database, so that a call might wait."""
    alias = conf.get("OUTBOX_DATABASE") if alias is None else alias
    return any(_is_elsewhere(name, alias) for name in job_backends)


def _is_elsewhere(name: str, alias: str) -> bool:
    try:
        backend = job_backends[name]
    except ImproperlyConfigured:
        return False  # checks tell of it
    return backend.can_be_durable and not backend.in_band and backend.database != alias


def waiting(alias: str | None = None) -> Waiting:
    """Return what waits in the outbox of this database."""
    alias = conf.get("OUTBOX_DATABASE") if alias is None else alias
    rows = Outbox.objects.using(alias)
    found = rows.aggregate(number=Count("pk"), since=Min("stored_at"))
    since = found["since"]
    age = timedelta(0) if since is None else max(timedelta(0), clock.db_now(alias) - since)
    failed = rows.exclude(error="").order_by("stored_at") if found["number"] else rows.none()
    return Waiting(
        found["number"], since, age, failed.values_list("error", flat=True).first() or ""
    )


def examine(alias: str | None = None) -> Finding:
    """Say whether calls wait for their backends for too long."""
    found = waiting(alias)
    if found.age <= PATIENCE:
        return good("outbox", "No call waits for its backend.")
    number = counted(found.number, "call waits", "calls wait")
    why = f": {found.error}" if found.error else "."
    return Finding(
        about="outbox",
        level=Level.FAILURE,
        text=f"{number} in the outbox, the oldest for {rounded(found.age)}{why}",
        advice=CURE,
    )
