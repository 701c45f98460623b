"""``retry``, ``cancel``, ``reschedule`` and ``delete``: decide about one job or many."""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from tasks_core import Call
from tasks_core.batches import batches
from tasks_core.management.arguments import add_filters, moment, positive, verb_parser
from tasks_core.management.jobs.bar import bar
from tasks_core.management.jobs.desk import Desk, wanted
from tasks_core.states import JobState
from tasks_core.words import counted

WAITING = (JobState.SCHEDULED, JobState.READY)
UNFINISHED = (*WAITING, JobState.RUNNING)
ENDED = (JobState.FAILED, JobState.CANCELLED)
IDLE = tuple(state for state in JobState if state != JobState.RUNNING)

RETRY = """
examples:
  jobs retry --state failed --task blog.tasks.send    every failed job of one task
  jobs retry --all --limit 1000

Exit codes: 0 done, 1 nothing was changed, 2 wrong arguments.
"""
CANCEL = """
A running job is asked to stop: JobCancelled is raised in it, and if that does not end it,
its process ends. Whether it obeyed is seen when it has ended.

examples:
  jobs cancel 0197c0de-0000-7000-8000-000000000000
  jobs cancel --queue mail --state scheduled

Exit codes: 0 done, 1 nothing was changed, 2 wrong arguments.
"""
RESCHEDULE = """
examples:
  jobs reschedule 0197c0de-0000-7000-8000-000000000000 --when "2026-12-24 18:00"
  jobs reschedule --queue mail --to-queue letters --priority 10

Exit codes: 0 done, 1 nothing was changed, 2 wrong arguments.
"""
DELETE = """
example:
  jobs delete --state cancelled --task blog.tasks.send

Exit codes: 0 done, 1 nothing was changed, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    for name, words, do, examples in (
        ("retry", "failed or cancelled -> ready, with all attempts", retry, RETRY),
        ("cancel", "never run what waits, and stop what runs", cancel, CANCEL),
        ("reschedule", "change when or where a waiting job will run", reschedule, RESCHEDULE),
        ("delete", "remove jobs that are not running", delete, DELETE),
    ):
        parser = verb_parser(verbs, name, words, do=do, examples=examples)
        _add_choice(parser)
        if name == "reschedule":
            parser.add_argument(
                "--when", type=moment, help="ISO date and time, or 5m, 2h, 1d from now"
            )
            parser.add_argument("--to-queue", help="another queue")
            parser.add_argument("--priority", type=int, help="-100 to 100, higher first")


def _add_choice(parser: ArgumentParser) -> None:
    parser.add_argument("id", nargs="*", type=UUID, help="jobs by id")
    add_filters(parser)
    parser.add_argument("--all", action="store_true", help="every job that it can be done to")
    parser.add_argument("--limit", type=positive, help="at most so many, the oldest first")


def retry(desk: Desk, options: Namespace) -> int:
    return _change(desk, options, "retry", done="will run again", states=ENDED)


def cancel(desk: Desk, options: Namespace) -> int:
    ids = chosen(desk, options, UNFINISHED)
    cancelled = asked = 0
    for batch in _batches(desk, "cancel", ids):
        ended, told = desk.backend.cancel(batch)
        cancelled, asked = cancelled + ended, asked + told
    text = _found(len(ids), cancelled, done="cancelled")
    if asked:
        words = f"{counted(asked, 'running job')} asked to stop"
        text = words if asked == len(ids) else f"{text}, {words}"
    desk.say({"cancel": cancelled, "asked": asked, "of": len(ids)}, f"{text}.")
    return 0 if cancelled or asked else 1


def reschedule(desk: Desk, options: Namespace) -> int:
    changes: dict[str, Any] = {"queue": options.to_queue, "priority": options.priority}
    given = {name: value for name, value in changes.items() if value is not None}
    Call(None, **given).checked()  # the rules of a call
    if options.when is not None:
        is_delay = isinstance(options.when, timedelta)
        changes["when"] = desk.backend.now() + options.when if is_delay else options.when
    if all(value is None for value in changes.values()):
        raise CommandError("Say what to change: --when, --to-queue or --priority.", returncode=2)
    return _change(desk, options, "reschedule", done="rescheduled", states=WAITING, **changes)


def delete(desk: Desk, options: Namespace) -> int:
    return _change(desk, options, "delete", done="deleted", states=IDLE)


def _change(
    desk: Desk,
    options: Namespace,
    verb: str,
    *,
    done: str,
    states: Sequence[JobState],
    **changes: Any,
) -> int:
    ids = chosen(desk, options, states)
    act: Callable[..., int] = partial(getattr(desk.backend, verb), **changes)
    count = sum(act(batch) for batch in _batches(desk, verb, ids))
    desk.say({verb: count, "of": len(ids)}, f"{_found(len(ids), count, done=done)}.")
    return 0 if count else 1


def chosen(desk: Desk, options: Namespace, states: Sequence[JobState]) -> list[UUID]:
    """Return the ids that were given, or of the jobs that the options select, the oldest first."""
    if options.id:
        ids: list[UUID] = options.id[: options.limit]
        return ids
    if not (options.all or options.state or options.queue or options.task):
        raise CommandError(
            "Name jobs by id, or select them: --state, --queue, --task, --all.", returncode=2
        )
    if options.state and options.state not in states:
        known = ", ".join(states)
        raise CommandError(
            f"It can be done to jobs that are {known}, not {options.state}.", returncode=2
        )
    backend = desk.backend
    return backend.questions.ids(backend.place, wanted(options, states), limit=options.limit)


def _found(of: int, count: int, *, done: str) -> str:
    return f"{count} of {counted(of, 'job')} {done}" if of else "No job was found"


def _batches(desk: Desk, verb: str, ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    with bar(verb, total=len(ids), screen=desk.err) as advance:
        for batch in batches(ids):
            yield batch
            advance(len(batch))
