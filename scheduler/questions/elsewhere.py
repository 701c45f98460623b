"""Jobs that are not beside the ledger: in the outbox, or in a backend that is elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from scheduler.models import Schedule
from tasks_core import job_backends
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.models import Outbox


def not_missing(alias: str, ids: Sequence[UUID]) -> set[UUID]:
    """
    Return those of ``ids`` that wait in the outbox, or that a backend elsewhere has.

    All of them if one of these backends cannot be asked: nobody may say then that one is gone.
    """
    if not ids:
        return set()
    found = set(Outbox.objects.using(alias).filter(pk__in=ids).values_list("pk", flat=True))
    named = Schedule.objects.using(alias).order_by().values_list("backend", flat=True)
    for name in named.distinct():
        found |= _known(name, alias, ids)
    return found


def _known(name: str, alias: str, ids: Sequence[UUID]) -> set[UUID]:
    try:
        backend: Any = job_backends[name]
        if backend.database == alias:
            return set()
        return set(backend.get_many(ids)) if backend.supports("get_many") else set(ids)
    except InvalidJobBackend:
        return set()  # it is gone, and its jobs with it
    except Exception:  # noqa: BLE001 - it is away
        return set(ids)
