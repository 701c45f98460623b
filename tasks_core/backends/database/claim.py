"""ready -> running: hand the best jobs to one process, and to no other."""

from collections.abc import Sequence
from typing import Unpack
from uuid import UUID

from tasks_core.attempts import Attempt
from tasks_core.backends.database import statements
from tasks_core.backends.database.pause import paused
from tasks_core.backends.database.places import places
from tasks_core.backends.database.questions import indexed
from tasks_core.backends.database.statements import portable
from tasks_core.backends.database.statements.asked import Asked
from tasks_core.backends.database.transactions import in_one_statement
from tasks_core.backends.served.asked import ClaimOptions


def claim(
    alias: str,
    *,
    owner: UUID,
    limit: int,
    queues: Sequence[str] | None = None,
    **options: Unpack[ClaimOptions],
) -> list[Attempt]:
    """
    Give up to ``limit`` ready jobs to the process ``owner``: highest priority, then oldest.

    ``queues`` None means all. Paused queues are left out, and so are suspects, whose process
    died while they ran, unless one is asked for to run ``alone``.
    """
    asked = Asked(owner=owner, limit=limit, queues=queues, **options)
    if asked.ids is not None:
        return portable.claim(alias, asked)

    def take(asked: Asked) -> list[Attempt]:
        found: list[Attempt] = statements.of(alias).claim(alias, asked)
        return found

    kind = (alias, owner, None if queues is None else tuple(queues), asked.alone)
    found = places.claim(kind, asked, lambda asked: in_one_statement(alias, lambda: take(asked)))
    if found or queues is not None:
        return found
    served = _beside_paused(alias)
    return claim(alias, owner=owner, limit=limit, queues=served, **options) if served else []


def _beside_paused(alias: str) -> list[str]:
    """Return the queues with claimable jobs if one of them is paused, else none."""
    closed = paused(alias)
    ready = indexed.queues_of(indexed.claimable(alias)) if closed else ()
    return sorted(set(ready) - closed)
