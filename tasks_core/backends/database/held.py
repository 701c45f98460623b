"""Keys that are held: the job of an earlier call, as it is or as the later call has it."""

from collections.abc import Sequence

from django.db import transaction

from tasks_core import clock
from tasks_core.backends.database.limits import limited
from tasks_core.backends.database.limits.admit import admit_after_commit, keys_of
from tasks_core.backends.database.statements.columns import SAYS, columns_of, rows_of, timed
from tasks_core.calls import Call
from tasks_core.models import Job
from tasks_core.states import WAITING

# What a later call puts in place of the earlier one's; the rest is the story of the job.
SAID_ANEW = {"task", "max_attempts", *SAYS, *limited.COLUMNS} - {"active_key", "context", "creator"}
# And it begins anew: neither failures nor a wish to stop were about what it is now.
BEGUN_ANEW = {
    "attempts": 0,
    "cancel_requested_at": None,
    "progress_done": None,
    "progress_total": None,
}


def holders(alias: str, calls: Sequence[Call]) -> dict[str, Job]:
    """
    Return by key the unfinished jobs that have the keys of ``calls``; some may have ended by now.

    With ``on_conflict="replace"`` one has become what the call says, unless it is running.
    """
    unfinished = Job.rows.using(alias).filter(active_key__in={call.key for call in calls})
    found = {str(job.active_key): job for job in unfinished}
    newer = [call for call in calls if call.on_conflict == "replace" and call.key in found]
    for call in newer:
        with transaction.atomic(using=alias):  # a permit that it had is free once it has changed
            _replace(alias, found[str(call.key)], call)
    return {str(job.active_key): job for job in unfinished.all()} if newer else found


def _replace(alias: str, job: Job, call: Call) -> None:
    """Change the job if it is still waiting; whoever claims it meanwhile has the old one."""
    now = clock.db_now(alias)
    [newer] = rows_of(timed(columns_of([call], [job.pk]), now=now))
    changes = {name: getattr(newer, name) for name in SAID_ANEW} | BEGUN_ANEW
    waiting = Job.rows.using(alias).filter(pk=job.pk, active_key=call.key, state__in=WAITING)
    admit_after_commit(alias, keys_of(waiting))
    waiting.update(state=newer.state, **changes)
