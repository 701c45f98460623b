"""running -> successful, failed, cancelled, scheduled: store how attempts ended."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from tasks_core.backends.database import statements
from tasks_core.backends.database.transactions import in_one_statement, is_outage
from tasks_core.backends.database.wakeup.telling import DEFERRED, wake_after_commit
from tasks_core.backends.served.ended import Ended, Settled, ended_as
from tasks_core.models import Job
from tasks_core.outcomes import LOST, AttemptError, Errored
from tasks_core.states import FINAL, JobState

S = JobState
Key = tuple[UUID, int]


def settle(alias: str, settled: Sequence[Settled], *, now: datetime) -> list[JobState | None]:
    """
    Store outcomes with one statement; return each job's new state.

    None means that this process no longer owned the job and nothing was stored. When the
    group is refused, each outcome is stored on its own, and one that is refused again fails
    its job and no other. When the database is away, that is raised and nothing is decided.
    """
    ended = [ended_as(*pair, now=now) for pair in settled]
    try:
        stored = _store(alias, ended)
    except Exception as error:
        if is_outage(error):
            raise
        return [_settle_alone(alias, each, now=now) for each in ended]
    return _states(alias, ended, stored)


def _store(alias: str, ended: Sequence[Ended]) -> set[Key]:
    stored: set[Key] = in_one_statement(alias, lambda: statements.of(alias).settle(alias, ended))
    if any(each.state == S.SCHEDULED for each in ended):
        wake_after_commit(alias, [DEFERRED])  # it may be due before those that workers know of
    return stored


def _states(alias: str, ended: Sequence[Ended], stored: set[Key]) -> list[JobState | None]:
    """Return the states; what was not stored now may have been before, and we were not told."""
    missing = [each for each in ended if each.key not in stored]
    known = stored | _settled_before(alias, missing) if missing else stored
    return [JobState(each.state) if each.key in known else None for each in ended]


def _settled_before(alias: str, ended: Iterable[Ended]) -> set[Key]:
    """Return those that we stored without being told: nobody else leaves fence and state so."""
    wanted = {each.key: each.state for each in ended if each.state in FINAL}
    rows = Job.rows.using(alias).filter(pk__in=[pk for pk, _ in wanted]).exclude(reason=LOST)
    found = rows.values_list("pk", "fence", "state")
    return {(pk, fence) for pk, fence, state in found if wanted.get((pk, fence)) == state}


def _settle_alone(alias: str, ended: Ended, *, now: datetime) -> JobState | None:
    try:
        stored = _store(alias, [ended])
    except Exception as error:
        if is_outage(error):
            raise
        attempt = ended.attempt
        refused = Errored(AttemptError.of(error, attempt=attempt.number, at=now), reason="result")
        ended = ended_as(attempt, refused, now=now)
        stored = _store(alias, [ended])
    return _states(alias, [ended], stored)[0]
