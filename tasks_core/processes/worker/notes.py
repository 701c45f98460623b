"""
What a worker notes where its supervisor reads it, so that it is known after any kind of death.

The memory is shared with the supervisor and survives a kill. A note costs a microsecond.
"""

import threading
from mmap import mmap
from uuid import UUID

from tasks_core import clock
from tasks_core.processes.supervisor import records
from tasks_core.processes.supervisor.records import Contents


class Notes:
    """The notes of one process. Every method may be called from any thread."""

    def __init__(self, memory: mmap) -> None:
        self._memory = memory
        self._places: dict[tuple[UUID, int], int] = {}  # where a started job is noted
        self._free: list[int] = []
        self._high = 0  # how many records have ever been in use
        self._unnoted: set[tuple[UUID, int]] = set()
        self._owners = 0
        self._growing = threading.Lock()

    def own(self, process_id: UUID) -> None:
        """Note an id before jobs are claimed under it; it is a new one after a presumed death."""
        at = records.OWNERS_AT + self._owners % records.MAX_OWNERS * 16
        self._memory[at : at + 16] = process_id.bytes
        self._owners += 1
        records.NUMBER.pack_into(self._memory, records.OWNERS, self._owners)

    def start(self, job_id: UUID, fence: int, *, deadline: float = 0.0, task: str = "") -> None:
        """Note, just before it does, that a job's code begins; ``deadline`` is monotonic, or 0."""
        try:
            at = self._free.pop()
        except IndexError:
            at = self._grow(job_id, fence)
            if not at:
                return
        name = task.encode()[-records.MAX_NAME :]
        body = job_id.bytes, fence, clock.monotonic(), deadline, name
        records.BODY.pack_into(self._memory, at + records.BODY_AT, *body)
        self._memory[at + records.TOLD_AT] = records.NOT_TOLD
        self._memory[at] = 1
        self._places[job_id, fence] = at

    def forget(self, job_id: UUID, fence: int) -> None:
        """Strike out a job that is settled; one that never started is none of our business."""
        at = self._places.pop((job_id, fence), None)
        if at is not None:
            self._memory[at] = 0
            self._free.append(at)
        elif self._unnoted:
            self._leave_out(job_id, fence, out=False)

    def tell(self, job_id: UUID, fence: int, reason: str) -> None:
        """Note that a started job was told to stop: "timeout" or "cancelled"."""
        at = self._places.get((job_id, fence))
        if at is not None:
            self._memory[at + records.TOLD_AT] = records.NUMBERS[reason]

    def beat(self) -> None:
        """Note that Python code of this process still runs."""
        records.SECONDS.pack_into(self._memory, records.BEAT, clock.monotonic())

    def touch(self) -> None:
        """Note that a turn of the worker went well."""
        records.SECONDS.pack_into(self._memory, records.HEALTHY, clock.monotonic())

    def serve(self) -> None:
        """Note that this process takes jobs from now on."""
        records.NUMBER.pack_into(self._memory, records.STATE, records.SERVING)

    def leave(self) -> None:
        """Note that this process takes no more jobs, so that another may be started."""
        records.NUMBER.pack_into(self._memory, records.STATE, records.LEAVING)

    def bury(self, number: int) -> None:
        """Note that the hand-over of this number is done."""
        records.COUNT.pack_into(self._memory, records.BURIED, number)

    def read(self) -> Contents:
        return records.read(self._memory)

    def _grow(self, job_id: UUID, fence: int) -> int:
        with self._growing:
            if self._high < records.MAX_RECORDS:
                at = records.RECORDS_AT + self._high * records.RECORD
                self._high += 1
                records.NUMBER.pack_into(self._memory, records.HIGH, self._high)
                return at
        self._leave_out(job_id, fence, out=True)
        return 0

    def _leave_out(self, job_id: UUID, fence: int, *, out: bool) -> None:
        with self._growing:
            change = self._unnoted.add if out else self._unnoted.discard
            change((job_id, fence))
            records.NUMBER.pack_into(self._memory, records.UNNOTED, len(self._unnoted))


class NoNotes:
    """What a worker without a supervisor notes: nothing. Its lease tells of its death."""

    def own(self, process_id: UUID) -> None:
        pass

    def start(self, job_id: UUID, fence: int, *, deadline: float = 0.0, task: str = "") -> None:
        pass

    def forget(self, job_id: UUID, fence: int) -> None:
        pass

    def tell(self, job_id: UUID, fence: int, reason: str) -> None:
        pass

    def beat(self) -> None:
        pass

    def touch(self) -> None:
        pass

    def serve(self) -> None:
        pass

    def leave(self) -> None:
        pass

    def bury(self, number: int) -> None:
        pass

    def read(self) -> Contents:
        return Contents()
