"""running -> ready: the owner gives back what it has not started, as if never claimed."""

from collections.abc import Collection, Sequence
from uuid import UUID

from tasks_core.attempts import Attempt
from tasks_core.backends.redis.server import Server

Key = tuple[UUID, int]  # a job and its fence


def release(server: Server, attempts: Sequence[Attempt]) -> int:
    """Give the jobs back, uncounted; return how many were still owned by the claimer."""
    if not attempts:
        return 0
    owned = [
        part
        for each in attempts
        for part in (each.job_id.hex, each.owner.hex if each.owner else "", each.fence)
    ]
    return int(server.once("release", *owned))


def release_strays(server: Server, owner: UUID, *, known: Collection[Key]) -> int:
    """
    Give back what ``owner`` holds without knowing; return how many.

    When a connection breaks during a claim, or while the inbox is read, what was claimed is
    owned although nobody was told. Only the owner may call this.
    """
    waiting = server.handed.get(owner)
    sure = {*known, *(waiting.keys() if waiting else ())}
    told = server.once("release_strays", owner.hex, *map(as_text, sure))
    strays = {as_key(text) for text in told.decode().split(",") if text}
    if waiting:
        waiting.drop(strays)  # should they still arrive
    return len(strays)


def as_text(key: Key) -> str:
    return f"{key[0].hex}:{key[1]}"


def as_key(text: str) -> Key:
    job_id, _, fence = text.partition(":")
    return UUID(job_id), int(fence)
