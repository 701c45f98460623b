"""
Decisions -> occurrences and jobs, in the caller's transaction. The only writer of the ledger.

A schedule's row is locked while its due times are decided, and its watermark moves only in the
transaction that stores what was decided: a process may die at any instruction, any number of
them may be at work, and still each due time is decided once. The unique key of the ledger is
the witness, not the method.

``record``      stores what was decided, and what somebody asked for beside it
``insertion``   many rows at once
``sharing``     a skip that goes on shares a row
``watermarks``  move from where they were read, or everything is rolled back
``ends``        how the jobs ended
``forget``      old rows go, and can never be made again
``rename``      the ledger goes on under another key
"""

from scheduler.materialise.ends import look_again, note_end, note_ends
from scheduler.materialise.forget import forget
from scheduler.materialise.record import record, record_batch, record_missed
from scheduler.materialise.rename import rename
from scheduler.materialise.watermarks import WatermarkMoved

__all__ = [
    "WatermarkMoved",
    "forget",
    "look_again",
    "note_end",
    "note_ends",
    "record",
    "record_batch",
    "record_missed",
    "rename",
]
