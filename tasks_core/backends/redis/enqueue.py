"""nothing -> scheduled, ready: store calls. One that was stored before is left as it is."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from tasks_core import ids
from tasks_core.backends.redis.calls import said
from tasks_core.backends.redis.server import Server
from tasks_core.backends.redis.snapshots import snapshots
from tasks_core.backends.served.moving import Arrival
from tasks_core.backends.served.told import Stored
from tasks_core.calls import Call
from tasks_core.exceptions import JobError
from tasks_core.results import Snapshot
from tasks_core.states import JobState

BATCH = 500  # jobs that one script stores: it keeps all others waiting for so long
KEY_TRIES = 3

Named = tuple[UUID, Call]


def enqueue(
    server: Server, calls: Sequence[Call], *, earlier: Mapping[UUID, Arrival] | None = None
) -> list[Stored]:
    """
    Store ``calls`` and return their jobs, in the same order.

    A call with a key of which an unfinished job exists stores nothing: its job is that one. So it
    is with a call whose ``id`` is known, for a week after its job has gone. ``earlier`` is what has
    become of jobs in another backend.
    """
    new_ids = iter(ids.job_ids(sum(call.id is None for call in calls)))
    named = [(call.id or next(new_ids), call) for call in calls]
    batches = (named[start : start + BATCH] for start in range(0, len(named), BATCH))
    return [stored for batch in batches for stored in _store(server, batch, earlier or {})]


def _store(server: Server, batch: Sequence[Named], earlier: Mapping[UUID, Arrival]) -> list[Stored]:
    stored: dict[int, Stored] = {}
    waiting = list(range(len(batch)))
    for _ in range(KEY_TRIES):
        asked = [(*batch[place], earlier.get(batch[place][0])) for place in waiting]
        arguments = [part for each in asked for part in said(*each)]
        answers = server.run("enqueue", *arguments)
        for place, answer in zip(waiting, answers, strict=True):
            if (found := _told(server, batch[place], answer.decode())) is not None:
                stored[place] = found
        # What held a key has ended between two questions: it is free now.
        waiting = [place for place in waiting if place not in stored]
        if not waiting:
            return [stored[place] for place in range(len(batch))]
    raise JobError(f"The keys of {len(waiting)} calls are held by jobs that cannot be seen.")


def _told(server: Server, named: Named, answer: str) -> Stored | None:
    job_id, call = named
    if answer.startswith("="):
        return _holder(server, UUID(answer[1:]), call)
    if answer.startswith("+"):
        # A repetition: perhaps of a caller who never heard of the first.
        return Stored(Snapshot(id=job_id, status=JobState(answer[1:])), is_new=call.id is None)
    if answer == "!":
        return Stored(Snapshot(id=job_id), is_new=False)
    return Stored(Snapshot(id=job_id, status=JobState(answer)), is_new=True)


def _holder(server: Server, job_id: UUID, call: Call) -> Stored | None:
    """Return the job that has the key, as it is or as the later call has it."""
    if call.on_conflict == "replace":
        # Whoever claims it meanwhile has the old one. Its id stays, so that it is sealed anew.
        server.run("replace", *said(job_id, call))
    found = snapshots(server, [job_id]).get(job_id)
    return None if found is None else Stored(found, is_new=False)
