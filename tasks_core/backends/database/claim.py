"""ready -> running: hand the best jobs to one process, and to no other."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from tasks_core.attempts import Attempt
from tasks_core.backends.database import statements
from tasks_core.backends.database.places import places
from tasks_core.backends.database.statements import portable
from tasks_core.backends.database.statements.asked import Asked
from tasks_core.backends.database.transactions import in_one_statement
from tasks_core.models import Job, Queue
from tasks_core.states import JobState


class ClaimOptions(TypedDict, total=False):
    """What a claim may be told beside how many."""

    ids: Sequence[UUID] | None  # these jobs and no others
    ahead: int  # so many more, if they are of the tasks that are known to be short
    short: Sequence[str]
    alone: bool  # a suspect, and nothing else
    now: datetime | None  # None: the database's clock, read by the statement itself


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


def has_suspects(alias: str) -> bool:
    """Say whether some job waits for a process of its own."""
    return Job.objects.using(alias).in_state(JobState.READY).filter(suspect=True).exists()


def _beside_paused(alias: str) -> list[str]:
    """Return the queues with ready jobs if one of them is paused, else none."""
    paused = set(
        Queue.objects.using(alias).filter(paused_at__isnull=False).values_list("name", flat=True)
    )
    return sorted(set(_ready_queues(alias)) - paused) if paused else []


def _ready_queues(alias: str) -> list[str]:
    """Return the names of the queues with claimable jobs, at the cost of a look for each."""
    ready = Job.objects.using(alias).in_state(JobState.READY).filter(parked=False)
    names = ready.order_by("queue").values_list("queue", flat=True)
    found: list[str] = []
    name = names.first()
    while name is not None:
        found.append(name)
        name = names.filter(queue__gt=name).first()
    return found
