"""
Committed intent -> a job in a backend that keeps its jobs elsewhere.

A call is written down in the caller's transaction: no commit, no job. After the commit it is
handed over with the job's id, by which the backend knows a repetition; what a crash or an outage
left behind is swept up by workers and schedulers. So a call that was committed is handed over at
least once, and becomes one job wherever the backend refuses a second with the same id.

``put``      nothing -> written, in the caller's transaction
``relay``    written -> nothing, once the backend has it: ``delivery`` asks it
``sweeper``  a thread of workers and schedulers that relays what others left behind
``written``  a call as its row, and back
``waiting``  how much waits, and since when
"""

from tasks_core.outbox.put import put, put_for_companion
from tasks_core.outbox.relay import relay, sweep
from tasks_core.outbox.sweeper import Sweeper, callers, sweep_all
from tasks_core.outbox.waiting import Waiting, examine, is_used, waiting

__all__ = [
    "Sweeper",
    "Waiting",
    "callers",
    "examine",
    "is_used",
    "put",
    "put_for_companion",
    "relay",
    "sweep",
    "sweep_all",
    "waiting",
]
