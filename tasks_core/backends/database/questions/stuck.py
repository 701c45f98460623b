"""What moves no more: dead processes, what they left, and jobs that no limit lets through."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import islice

from django.db.models import Exists, OuterRef

from tasks_core import clock
from tasks_core.backends.database.leases import lease
from tasks_core.backends.database.questions import indexed
from tasks_core.backends.database.questions.findings import NAMED, Finding, Level, good, listed
from tasks_core.backends.database.rescue import dead
from tasks_core.backends.served.moving import MOVED
from tasks_core.models import Job, JobQuerySet, Limit
from tasks_core.states import UNFINISHED, JobState

CURE = "A living worker takes care of it: manage.py run_worker"


def dead_processes(alias: str) -> Finding:
    """Find processes whose lease has ended, and of which nobody has taken note."""
    oldest = dead(alias).order_by("started_at")
    return silent(list(oldest.values_list("name", flat=True)[:NAMED]))


def silent(named: Sequence[str]) -> Finding:
    return _found(
        "processes",
        named,
        fine="Every process that was started lives, or has stopped in order.",
        bad="ended without a word, and nobody has taken note",
    )


def orphans(alias: str) -> Finding:
    """Find jobs whose owner died two leases ago, and that nobody has taken back."""
    long_ago = clock.DatabaseNow() - 2 * lease()
    left = indexed.running(alias).filter(claimed_by__lease_expires_at__lt=long_ago)
    return left_behind([str(pk) for pk in left.values_list("pk", flat=True)[:NAMED]])


def left_behind(named: Sequence[str]) -> Finding:
    return _found(
        "orphans",
        named,
        fine="No job is left in the hands of a dead process.",
        bad="running in a process that died more than two leases ago",
    )


def held_back(alias: str, *, now: datetime) -> Finding:
    """Find limits that have room although jobs are parked for them."""
    keys = _with_room(alias, now=now)
    if keys:
        # A job that has just ended makes room, which the next one takes a moment later.
        clock.sleep(1)
        keys &= _with_room(alias, now=now)
    return _found(
        "limits",
        sorted(keys)[:NAMED],
        fine="What waits for a limit waits for good reason.",
        bad="has room, and jobs that wait for it stay parked",
    )


def suspects(alias: str) -> Finding:
    """Find unfinished jobs whose process died while they ran."""
    jobs = Job.rows.using(alias).suspect().filter(state__in=sorted(UNFINISHED))
    return suspected([str(pk) for pk in jobs.order_by().values_list("pk", flat=True)[:NAMED]])


def suspected(named: Sequence[str]) -> Finding:
    if not named:
        return good("suspects", "No unfinished job has lost its process.")
    return Finding(
        about="suspects",
        level=Level.WARNING,
        text=f"Their process died while they ran; next time they run alone: {listed(named)}.",
        advice="manage.py jobs show ID tells more; jobs cancel ID keeps it from running again",
        named=named,
    )


def on_their_way(alias: str) -> list[str]:
    """Return those of the newest cancelled jobs that are on their way to another backend."""
    newest = indexed.ended(alias, JobState.CANCELLED).values_list("pk", "reason")
    found = (str(pk) for pk, reason in newest[: indexed.COUNTED] if reason.startswith(MOVED))
    return list(islice(found, NAMED))


def unfinished_move(named: Sequence[str]) -> Iterator[Finding]:
    """Find jobs that no worker has while they are moved, which takes a moment."""
    if named:
        yield Finding(
            about="moves",
            level=Level.WARNING,
            text=f"On their way to another backend: {listed(named)}.",
            advice="If nobody moves them any more, go on: manage.py jobs move",
            named=named,
        )


def _with_room(alias: str, *, now: datetime) -> set[str]:
    return {*_with_permits(alias), *_overdue(alias, now=now)}


def _with_permits(alias: str) -> Iterator[str]:
    mine = Job.rows.using(alias).filter(concurrency_key=OuterRef("key"), rate_key=None)
    waiting = _parked(alias, mine)
    for limit in Limit.objects.using(alias).filter(Exists(waiting), permits__isnull=False):
        if admitted(alias, limit.key) < (limit.permits or 0):
            yield limit.key


def _parked(alias: str, jobs: JobQuerySet) -> JobQuerySet:
    # Those of a paused queue are let through when it goes on.
    paused = [queue.name for queue in indexed.paused(alias)]
    return jobs.in_state(JobState.READY).filter(parked__in=[True]).exclude(queue__in=paused)


def admitted(alias: str, key: str) -> int:
    """Return how many jobs with this concurrency key run, or may be claimed."""
    mine = Job.rows.using(alias).filter(concurrency_key=key)
    let_through = mine.in_state(JobState.READY).filter(parked__in=[False])
    return mine.in_state(JobState.RUNNING).count() + let_through.count()


def _overdue(alias: str, *, now: datetime) -> list[str]:
    mine = Job.rows.using(alias).filter(rate_key=OuterRef("key"), concurrency_key=None)
    waiting = _parked(alias, mine)
    rated = Limit.objects.using(alias).filter(Exists(waiting), spacing__isnull=False)
    return list(rated.filter(next_at__lt=now - lease()).values_list("key", flat=True))


def _found(about: str, named: Sequence[str], *, fine: str, bad: str) -> Finding:
    if not named:
        return good(about, fine)
    text = f"{listed(named)}: {bad}."
    return Finding(about=about, level=Level.FAILURE, text=text, advice=CURE, named=named)
