"""
How a child's notes lie in the memory that it shares with its supervisor, and how they are read.

A head of fixed fields, the ids under which the child owns or owned jobs, and a record for each
job that it has started and not yet settled. The byte that makes a record count is written last,
so a child may be killed between any two instructions.
"""

import struct
from dataclasses import dataclass, field
from mmap import mmap
from uuid import UUID

BEAT, HEALTHY = 0, 8  # seconds of the monotonic clock
BURIED = 16  # number of the last hand-over that is done
STATE, UNNOTED, HIGH, OWNERS = 24, 28, 32, 36
OWNERS_AT, MAX_OWNERS = 64, 16
RECORDS_AT, RECORD, MAX_RECORDS = 512, 192, 16_384
LAYOUT = 2  # of all this; two releases that differ must not read each other's notes
SIZE = RECORDS_AT + RECORD * MAX_RECORDS  # only what is written costs memory

STARTING, SERVING, LEAVING = range(3)
NOT_TOLD, TOLD_TIMEOUT, TOLD_CANCELLED = range(3)
REASONS = {TOLD_TIMEOUT: "timeout", TOLD_CANCELLED: "cancelled"}
NUMBERS = {reason: number for number, reason in REASONS.items()}

SECONDS = struct.Struct("=d")
NUMBER = struct.Struct("=I")
COUNT = struct.Struct("=Q")
MAX_NAME = 144  # bytes of a task's name
BODY = struct.Struct(f"=16sQdd{MAX_NAME}s")  # job id, fence, started, deadline, task: see Started
USED_AT, TOLD_AT, BODY_AT = 0, 1, 8


@dataclass(frozen=True, slots=True)
class Started:
    """A job whose code has begun to run, and that was not settled when this was read."""

    job_id: UUID
    fence: int
    started: float
    deadline: float  # 0: none
    told: int = NOT_TOLD
    task: str = ""  # its end, if it is very long

    @property
    def reason(self) -> str:
        """Return why it was told to stop, or an empty text."""
        return REASONS.get(self.told, "")


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a child has noted."""

    beat: float = 0.0
    healthy: float = 0.0
    buried: int = 0
    state: int = STARTING
    unnoted: int = 0  # jobs that found no room: whatever the child owns may have started
    owners: list[UUID] = field(default_factory=list)
    started: list[Started] = field(default_factory=list)


def read(memory: mmap) -> Contents:
    """Return what the notes say, whether their writer lives or not."""
    owners = NUMBER.unpack_from(memory, OWNERS)[0]
    high = min(NUMBER.unpack_from(memory, HIGH)[0], MAX_RECORDS)
    return Contents(
        beat=SECONDS.unpack_from(memory, BEAT)[0],
        healthy=SECONDS.unpack_from(memory, HEALTHY)[0],
        buried=COUNT.unpack_from(memory, BURIED)[0],
        state=NUMBER.unpack_from(memory, STATE)[0],
        unnoted=NUMBER.unpack_from(memory, UNNOTED)[0],
        owners=[_owner(memory, index) for index in range(min(owners, MAX_OWNERS))],
        started=[
            found
            for at in range(RECORDS_AT, RECORDS_AT + high * RECORD, RECORD)
            if (found := _record(memory[at : at + RECORD])) is not None
        ],
    )


def _owner(memory: mmap, index: int) -> UUID:
    at = OWNERS_AT + index * 16
    return UUID(bytes=memory[at : at + 16])


def _record(data: bytes) -> Started | None:
    if not data[USED_AT]:
        return None
    job_id, fence, started, deadline, task = BODY.unpack_from(data, BODY_AT)
    name = task.rstrip(b"\0").decode(errors="replace")
    return Started(UUID(bytes=job_id), fence, started, deadline, data[TOLD_AT], name)
