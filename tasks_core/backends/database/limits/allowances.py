"""What the limits allow at this moment: counted from the jobs, never from a counter."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

from django.db import connections
from django.db.models import BooleanField, Count, ExpressionWrapper, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce

from tasks_core import limits, registry
from tasks_core.backends.database.transactions import in_transaction
from tasks_core.models import Job, Limit
from tasks_core.states import JobState

CONCURRENCY, RATE = COLUMNS = ("concurrency_key", "rate_key")
MOST = 100  # jobs of one key that are let through at once
BATCH = 500  # limits that are declared together
ADMITTED = (JobState.RUNNING, JobState.READY)  # the latter, if not parked

LIMITED = Q(concurrency_key__isnull=False) | Q(rate_key__isnull=False)
"""The jobs that must be parked again whenever they come back to wait."""
IS_LIMITED = ExpressionWrapper(LIMITED, output_field=BooleanField())


class Key(NamedTuple):
    """One limit: the column of the job that names it, and the name."""

    column: str
    name: str


def declare(
    alias: str,
    *,
    permits: Mapping[str, int] = MappingProxyType({}),
    spacings: Mapping[str, timedelta] = MappingProxyType({}),
) -> None:
    """
    Keep what calls have just said of their keys: how many at once, how long between two.

    Called outside the caller's transaction, which would lock the row until it ends. What was
    never declared, since a process died first, is taken from the jobs and the tasks.
    """
    _keep(alias, "permits", permits)
    _keep(alias, "spacing", spacings)


def _keep(alias: str, field: str, told: Mapping[str, Any]) -> None:
    rows = Limit.objects.using(alias)
    names = sorted(told)  # in one order, so that two who do so cannot lock each other out
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        known = dict(rows.filter(pk__in=batch).values_list("pk", field))
        new = [Limit(key=name, **{field: told[name]}) for name in batch]
        changed = [limit for limit in new if known.get(limit.key) != told[limit.key]]
        if changed:
            in_transaction(alias, partial(_upsert, alias, changed, field))


def _upsert(alias: str, changed: list[Limit], field: str) -> None:
    # MySQL finds out by itself what is unique, and refuses to be told.
    is_told = connections[alias].features.supports_update_conflicts_with_target
    Limit.objects.using(alias).bulk_create(
        changed,
        update_conflicts=True,
        update_fields=[field],
        unique_fields=["key"] if is_told else None,
    )


def create(alias: str, keys: Iterable[Key]) -> None:
    """Give each key a row that can be locked; of two who do so at once, both find it."""
    for key in sorted(keys):
        task = registry.declared().get(key.name) if key.column == RATE else None
        rate = task.options.get("rate") if task else None
        told = {} if rate is None else {"spacing": limits.spacing(rate)}
        Limit.objects.using(alias).get_or_create(key=key.name, defaults=told)


def allowed(
    alias: str,
    kept: Mapping[str, Limit],
    *,
    keys: Collection[Key],
    said: Mapping[str | None, int | None],
    now: datetime,
) -> dict[Key, int]:
    """
    Return how many more of each key may pass, where ``kept`` are the locked rows of the keys.

    ``said`` is what jobs say themselves about their concurrency key, for rows that say nothing.
    """
    counts = _counts(alias, keys)
    found = {}
    for key in keys:
        limit, count = kept[key.name], counts.get(key, (0, 0))
        if key.column == CONCURRENCY:
            permits = limit.permits or said.get(key.name)
            free = MOST if permits is None else permits - sum(count)
        else:
            free = _tokens(limit, unclaimed=count[1], now=now)
        found[key] = max(0, min(free, MOST))
    return found


def spend(
    alias: str, kept: Mapping[str, Limit], names: Iterable[str | None], *, now: datetime
) -> None:
    """Note that one job of each of these rate keys has passed."""
    for name, count in Counter(name for name in names if name is not None).items():
        each = limits.current_spacing(name, kept[name].spacing)
        if each is not None:
            begin = limits.earliest(kept[name].next_at, each, now=now)
            row = Limit.objects.using(alias).filter(pk=name)
            row.update(next_at=begin + count * each, spacing=each)


def _counts(alias: str, keys: Collection[Key]) -> dict[Key, tuple[int, int]]:
    """Return how many jobs of each key are running, and let through but not claimed."""
    rows = Limit.objects.using(alias).filter(pk__in={key.name for key in keys})
    counted = {
        f"{column}_{state}": _count(alias, column, state)
        for column in COLUMNS
        for state in ADMITTED
    }
    # In one statement: between two, a job that is claimed would be counted by neither.
    found = {row["key"]: row for row in rows.annotate(**counted).values("key", *counted)}
    return {
        key: (row[f"{key.column}_{JobState.RUNNING}"], row[f"{key.column}_{JobState.READY}"])
        for key in keys
        if (row := found.get(key.name))
    }


def _count(alias: str, column: str, state: JobState) -> Coalesce:
    jobs = Job.rows.using(alias).filter(
        **{column: OuterRef("key")},
        state=state,
        parked__in=[False],  # a plain test for truth would keep SQLite from its index
    )
    return Coalesce(Subquery(jobs.order_by().values(column).annotate(n=Count("pk")).values("n")), 0)


def _tokens(limit: Limit, *, unclaimed: int, now: datetime) -> int:
    each = limits.current_spacing(limit.key, limit.spacing)
    if each is None:  # the settings no longer limit it
        return MOST
    return min(limits.tokens(limit.next_at, each, now=now), limits.burst(each) - unclaimed)
