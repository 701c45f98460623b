"""A stored task changed or removed, as a job or as a schedule; each by its own verb."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.db import transaction

from scheduler import conf, schedules
from scheduler.contrib.background_task import priorities, storing
from scheduler.contrib.background_task.facts import Facts
from scheduler.contrib.background_task.models import Repetition, Task
from scheduler.exceptions import UnknownSchedule
from scheduler.models import Occurrence
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.options import CHECKS, DEFAULT_QUEUE, instant

WHO = frozenset({"verbose_name", "created_by"})
WHERE = frozenset({"priority", "queue"})
# What makes another schedule of a task that repeats; of the others a job has only its time.
TIMES = frozenset({"run_at", "repeat", "repeat_until", "task_params"})
# What is a worker's to say, and what whoever would take it away wants.
CLAIMED = frozenset({"locked_by", "locked_at"})
CLAIMS = "what a worker left that has died is run again at once."
DELETED, CHANGED = "its task was deleted", "its task was changed"


def change(task: Task) -> bool:
    """
    Store what was changed since it was read; say whether no worker was faster.

    Raises InvalidCall, and Task.DoesNotExist for one that has ended.
    """
    with transaction.atomic(using=conf.database()):
        stored, changed = vet(task), task.changed()
        for name in changed:  # what it was not told to change may have moved on
            setattr(stored, name, getattr(task, name))
        is_moved = _move(stored, changed)
        _rename(stored, changed & WHO)
        task.refresh_from_db()  # while nobody can run what was moved
    return is_moved


def _move(task: Task, changed: set[str]) -> bool:
    if task.job_id is None and changed & TIMES:
        _begin_anew(task)
        return True
    return _reschedule(task, changed)


def vet(task: Task) -> Task:
    """Return what is stored, if ``task`` may be; raise InvalidCall, Task.DoesNotExist."""
    stored: Task = Task.objects.get(pk=task.pk)
    changed = task.changed()
    possible = WHO | WHERE | (TIMES if stored.job_id is None else {"run_at"})
    if impossible := changed - possible:
        cure = CLAIMS if impossible <= CLAIMED else f"delete it, and call {task.task_name} again."
        raise InvalidCall(
            f"{_named(impossible)} of a stored task cannot be changed, only {_named(possible)}: "
            f"{cure}"
        )
    if changed & {"task_params", "repeat"}:
        storing.vet(task)
    return stored


def _named(names: Iterable[str]) -> str:
    return ", ".join(sorted(name.replace("created_by", "creator") for name in names))


def delete(tasks: Iterable[Facts]) -> tuple[int, dict[str, int]]:
    """Remove them, with the schedules of those that repeat; return how many of what."""
    removed: Counter[str] = Counter()
    for task in tasks:
        with transaction.atomic(using=conf.database()):
            is_over = not isinstance(task, Task)
            ended = bool(not is_over and task.schedule_key and _end(task.schedule_key, DELETED))
            count = storing.backend().delete([task.job_id]) if task.job_id else 0
        removed[task._meta.label] += bool(ended or count)
    return sum(removed.values()), dict(+removed)


def _end(key: str, reason: str) -> bool:
    """Delete a schedule, and what it has waiting."""
    try:
        schedules.delete(key, reason=reason)
    except UnknownSchedule:
        return False
    drop_waiting(key)
    return True


def drop_waiting(key: str) -> None:
    """Delete the job that the end of a schedule has just made of what was due; none that runs."""
    alias = conf.database()
    made = Occurrence.objects.using(alias).filter(schedule_key=key, batch="", job_state="")
    jobs = Job.objects.using(alias).filter(pk__in=made.values("job_id"), finished_at__isnull=True)
    storing.backend().delete(list(jobs.values_list("pk", flat=True)))


def _begin_anew(task: Task) -> None:
    """Let another schedule say what a task that waits says now; it may even be late already."""
    kept = Repetition.objects.using(conf.database()).get(pk=task.pk)
    task.repeat_on_failure = kept.on_failure
    _end(kept.schedule_id, CHANGED)
    storing.begin(task, task.pk)


def _reschedule(task: Task, changed: set[str]) -> bool:
    """Change when and where it runs; say whether anything did, which is not the claimed job."""
    values: dict[str, Any] = {}
    if "run_at" in changed:
        values["when"] = instant(task.run_at, what="run_at")  # type: ignore[arg-type]
    if "priority" in changed:
        values["priority"] = priorities.of_job(task.priority)
    if "queue" in changed:
        values["queue"] = task.queue or DEFAULT_QUEUE
    if not values:
        return True
    is_moved = bool(task.job_id is None or storing.backend().reschedule([task.job_id], **values))
    lasting = {name: values[name] for name in WHERE & values.keys()}
    if task.schedule_key and lasting and (is_moved or "when" not in values):
        schedules.change(task.schedule_key, reason=CHANGED, **lasting)
        return True
    return is_moved


def _rename(task: Task, changed: set[str]) -> None:
    """Change what a job, or the schedule that made it, says about who it is for."""
    said = {
        "verbose_name": CHECKS["label"](task.verbose_name),
        "creator": CHECKS["creator"](task.created_by),
    }
    names = {name.replace("created_by", "creator") for name in changed}
    values = {name: said[name] for name in names}
    if not values:
        return
    if task.schedule_key:
        Repetition.objects.using(conf.database()).filter(pk=task.pk).update(**values)
    else:
        jobs = Job.objects.using(conf.database()).filter(pk=task.job_id)
        jobs.update(**{name.replace("verbose_name", "label"): values[name] for name in names})
