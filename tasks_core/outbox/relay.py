"""written -> nothing: hand calls over to their backends, and forget those that arrived."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from math import inf
from uuid import UUID

from django.db import connections
from django.db.models import F, Q

from tasks_core import clock, conf, ids, signals
from tasks_core.backends import job_backends
from tasks_core.models import Outbox
from tasks_core.outbox.delivery import Delivery, deliver
from tasks_core.outcomes import storable

PAGE = 500  # rows that one relay takes at a time
HELD = timedelta(seconds=30)  # how long a relay keeps the others away from a row it does not touch
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 300.0  # seconds between two tries, doubled each time
MAX_ERROR = 2_000  # characters


def sweep(alias: str | None = None, *, seconds: float = inf) -> int:
    """Hand over what nobody did: its process died, or its backend was away. Return how many."""
    alias = conf.get("OUTBOX_DATABASE") if alias is None else alias
    ends_at = clock.monotonic() + seconds
    handed_over = 0
    while count := relay(alias, seconds=ends_at - clock.monotonic()):
        handed_over += count
    return handed_over


def relay(alias: str, written: Sequence[UUID] | None = None, *, seconds: float = inf) -> int:
    """
    Hand over these rows if nobody tried to, or a page of those whose time has come.

    Return how many arrived. What fails is kept with its error, and tried again later; what is
    not begun after so many ``seconds`` is left to the next.
    """
    ends_at = clock.monotonic() + seconds
    arrived = 0
    for some in _pages(written):
        if clock.monotonic() >= ends_at:
            break
        groups: dict[str, list[Outbox]] = defaultdict(list)
        for row in _claim(alias, some):
            groups[row.backend].append(row)
        for name, group in groups.items():
            arrived += _hand_over(alias, name, group, ends_at=ends_at)
    return arrived


def hold(alias: str, row: Outbox) -> bool:
    """Keep the others away from a row for longer; False says that they have it already."""
    mine = Outbox.objects.using(alias).filter(pk=row.pk, relay=row.relay)
    return bool(mine.update(try_at=clock.db_now(alias) + HELD))


def _pages(written: Sequence[UUID] | None) -> list[Sequence[UUID] | None]:
    if written is None:
        return [None]
    return [written[start : start + PAGE] for start in range(0, len(written), PAGE)]


def _claim(alias: str, written: Sequence[UUID] | None) -> list[Outbox]:
    """
    Keep other relays away from some rows for a while.

    No transaction stays open while a backend is asked; who dies meanwhile is followed by
    another, which hands the same ids over again.
    """
    rows = Outbox.objects.using(alias)
    now = clock.db_now(alias)
    free = Q(try_at__lte=now) if written is None else Q(pk__in=written, relay=None)
    chosen = list(rows.filter(free).order_by("try_at", "pk").values_list("pk", flat=True)[:PAGE])
    if not chosen:
        return []
    mine = ids.job_id()
    rows.filter(free, pk__in=chosen).update(relay=mine, try_at=now + HELD)
    return list(rows.filter(relay=mine).order_by("stored_at", "pk"))


def _hand_over(alias: str, name: str, rows: Sequence[Outbox], *, ends_at: float) -> int:
    try:
        backend = job_backends[name]
    except Exception as error:  # noqa: BLE001 - a deploy took it away, or brings it soon
        done = Delivery(failed=dict.fromkeys((row.pk for row in rows), error))
    else:
        database = backend.database
        if database is not None and connections[database].in_atomic_block:
            done = Delivery()  # it could be rolled back with the job, when the row is gone
        else:
            done = deliver(backend, rows, hold=lambda row: hold(alias, row), ends_at=ends_at)
    _note(alias, rows, done)
    return len(done.arrived)


def _note(alias: str, rows: Sequence[Outbox], done: Delivery) -> None:
    """Forget what arrived; put off the rest, which is never given up: somebody was promised it."""
    mine = Outbox.objects.using(alias).filter(relay__in={row.relay for row in rows})
    mine.filter(pk__in=done.arrived).delete()
    now = clock.db_now(alias)
    pause = 0.0
    for row in rows:
        if row.pk in done.failed:
            pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.tries, 16))
            told = {"tries": F("tries") + 1, "error": _told(done.failed[row.pk])}
            mine.filter(pk=row.pk).update(try_at=now + timedelta(seconds=pause), **told)
    left = {row.pk for row in rows} - set(done.arrived) - done.failed.keys() - done.taken
    # Behind an outage they wait as long as the one that found out; others have their turn now.
    wait = pause if done.is_outage else 0.0
    mine.filter(pk__in=left).update(try_at=now + timedelta(seconds=wait))
    if done.failed:
        job_ids = [*done.failed, *(left if done.is_outage else ())]
        error = next(iter(done.failed.values()))
        told = {"backend": rows[0].backend, "job_ids": job_ids, "error": error}
        signals.relay_failed.send_robust(Outbox, **told)


def _told(error: Exception) -> str:
    return storable(f"{type(error).__name__}: {error}", MAX_ERROR)
