"""Rows -> jobs of one backend: all at once where it can, one after the other where it must."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import DataError, IntegrityError

from tasks_core import clock
from tasks_core.backends.base import BaseJobBackend
from tasks_core.backends.elsewhere import ElsewhereBackend
from tasks_core.calls import Call
from tasks_core.exceptions import JobError
from tasks_core.models import Outbox
from tasks_core.outbox.written import read
from tasks_core.preparation import mode_of
from tasks_core.states import UNKNOWN

# What says something about one call; whatever else is raised says that nobody answers.
REFUSALS = (JobError, IntegrityError, DataError, TypeError, ValueError, LookupError)

Hold = Callable[[Outbox], bool]
Store = Callable[[Sequence[Call]], Any]


@dataclass
class Delivery:
    """What became of some rows. Those that it does not name were not tried."""

    arrived: list[UUID] = field(default_factory=list)
    failed: dict[UUID, Exception] = field(default_factory=dict)
    taken: set[UUID] = field(default_factory=set)  # by another relay
    is_outage: bool = False


def deliver(
    backend: BaseJobBackend, rows: Sequence[Outbox], *, hold: Hold, ends_at: float
) -> Delivery:
    """
    Hand rows over until ``ends_at``; stop when nobody answers.

    One bad row stops no other; a server that is away is asked once, and not for each row.
    """
    done = Delivery()
    calls: dict[UUID, Call] = {}
    for row in rows:
        try:
            calls[row.pk] = read(row.pk, row.call)
        except Exception as error:  # noqa: BLE001 - one bad row never stops another
            done.failed[row.pk] = error
    if _all_at_once(backend, calls, done):
        return done
    for row in rows:
        if row.pk not in calls:
            continue
        if done.is_outage or clock.monotonic() >= ends_at:
            break
        if hold(row):
            _one(backend, calls[row.pk], done)
        else:
            done.taken.add(row.pk)
    return done


def _all_at_once(backend: BaseJobBackend, calls: dict[UUID, Call], done: Delivery) -> bool:
    """Store all of them, if they are many and the backend can; else say that it is not done."""
    is_plain = all(call.on_conflict == "keep" for call in calls.values())
    store = _store_of_many(backend)
    if len(calls) < 2 or not is_plain or store is None:  # noqa: PLR2004
        return False
    try:
        store(list(calls.values()))
    except REFUSALS:
        return False  # of which of them, is found one by one
    except Exception as error:  # noqa: BLE001 - nobody answers
        done.failed[next(iter(calls))] = error
        done.is_outage = True
        return True
    done.arrived += calls
    return True


def _one(backend: BaseJobBackend, call: Call, done: Delivery) -> None:
    pk: UUID = call.id  # type: ignore[assignment]  # of its row
    try:
        # What would replace another job must not do so a second time.
        if call.on_conflict != "replace" or not _is_there(backend, pk):
            _store(backend, call)
    except Exception as error:  # noqa: BLE001 - one bad row never stops another
        is_refusal = isinstance(error, REFUSALS)
        if not (is_refusal and _is_there(backend, pk)):
            done.failed[pk] = error
            done.is_outage = not is_refusal
            return
    done.arrived.append(pk)


def _store(backend: BaseJobBackend, call: Call) -> Any:
    if (store := _store_of_many(backend)) is not None:
        return store([call])
    return backend.receive(mode_of(call), call)


def _store_of_many(backend: BaseJobBackend) -> Store | None:
    """Return what stores many calls now: a row is forgotten after that, so no commit may follow."""
    if isinstance(backend, ElsewhereBackend):
        return backend.push
    return backend.enqueue_many if backend.supports("enqueue_many") else None  # type: ignore[attr-defined]


def _is_there(backend: BaseJobBackend, job_id: UUID) -> bool:
    """Say whether the backend has the job already, as far as it can be asked."""
    found = backend.get(job_id) if backend.supports("get") else None  # type: ignore[attr-defined]
    return found is not None and found.status != UNKNOWN
