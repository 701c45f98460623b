"""What a process must hold to own jobs, and who keeps it."""

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from tasks_core.models import Process


class Renewal(Enum):
    """What a process finds when it renews its lease."""

    KEPT = "kept"
    LATE = "late"  # it had ended, but nobody had noticed: not an unbroken contact
    LOST = "lost"  # the process was taken for dead and its jobs were given away


class Leases(Protocol):
    """Where leases are kept: a backend that is served by workers."""

    def register(
        self, *, kind: str, queues: Sequence[str] | None, concurrency: int
    ) -> "Process": ...
    def renew(self, process_id: UUID) -> Renewal: ...
    def end(self, process_id: UUID) -> bool: ...
