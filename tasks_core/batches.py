"""Many jobs, a batch at a time."""

from collections.abc import Iterator, Sequence
from uuid import UUID

SIZE = 500  # jobs in one transaction: nobody else waits for long


def batches(ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    """Yield the ids, as many at a time as one transaction takes."""
    for start in range(0, len(ids), SIZE):
        yield ids[start : start + SIZE]
