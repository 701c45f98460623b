"""``stats``, ``pause`` and ``resume``: how queues do, and whether their jobs may run."""

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from tasks_core.backends.database.questions import indexed, statistics
from tasks_core.backends.database.questions.statistics import QueueFigures, Statistics, TaskFigures
from tasks_core.management.arguments import positive, verb_parser
from tasks_core.management.jobs.desk import Desk
from tasks_core.management.people import os_user
from tasks_core.presentation import ago, as_table, duration
from tasks_core.states import JobState

STATS = f"""
Cheap at any size: counts stop at {indexed.COUNTED}, shown as {indexed.COUNTED}+, and how long
jobs take is told from those that ended last. "wait" is the time from when a job could
have started until it did; p95 is what 95 of 100 jobs stay below. In JSON, spans are seconds.

examples:
  jobs stats
  jobs stats --last 10000 --format json
"""
PAUSE = """
Running jobs go on; waiting ones stay where they are, and new ones may be stored.

example:
  jobs pause mail --reason "the mail server moves"

Exit codes: 0 it is paused now, 1 it was paused already, 2 wrong arguments.
"""
RESUME = """
example:
  jobs resume mail

Exit codes: 0 its jobs run again, 1 it was not paused, 2 wrong arguments.
"""
QUEUES = ("queue", "ready", "parked", "scheduled", "running", "oldest ready", "")
TASKS = ("task", "ended", "failed", "took (mean)", "p95", "waited (mean)", "p95")


def add_to(verbs: Any) -> None:
    words = "how many jobs there are, how fast they end, how long they wait and run"
    parser = verb_parser(verbs, "stats", words, do=stats, examples=STATS)
    parser.add_argument(
        "--last",
        type=positive,
        default=statistics.LAST,
        metavar="N",
        help="tell durations from the last N jobs that ended; default: %(default)s",
    )
    parser = verb_parser(
        verbs, "pause", "let no job of a queue start until it is resumed", do=pause, examples=PAUSE
    )
    parser.add_argument("queue", metavar="QUEUE")
    parser.add_argument("--reason", default="", help="for those who wonder later")
    parser = verb_parser(
        verbs, "resume", "let the jobs of a paused queue start again", do=resume, examples=RESUME
    )
    parser.add_argument("queue", metavar="QUEUE")


def stats(desk: Desk, options: Namespace) -> int:
    backend = desk.backend
    found = backend.questions.statistics(backend.place, now=backend.now(), last=options.last)
    desk.say(asdict(found), "\n\n".join(_paragraphs(found)))
    return 0


def pause(desk: Desk, options: Namespace) -> int:
    is_new = desk.backend.pause_queue(options.queue, by=os_user(), reason=options.reason)
    text = "is paused now" if is_new else "was paused already"
    desk.say({"pause": is_new, "queue": options.queue}, f"Queue {options.queue} {text}.")
    return 0 if is_new else 1


def resume(desk: Desk, options: Namespace) -> int:
    was_paused = desk.backend.resume_queue(options.queue)
    text = "goes on" if was_paused else "was not paused"
    desk.say({"resume": was_paused, "queue": options.queue}, f"Queue {options.queue} {text}.")
    return 0 if was_paused else 1


def _paragraphs(found: Statistics) -> Iterator[str]:
    states = [[state, _capped(count)] for state, count in found.states.items()]
    yield as_table(states, ("state", "jobs"))
    if found.queues:
        yield as_table([_queue_row(found, queue) for queue in found.queues], QUEUES)
    finals = list(next(iter(found.ended.values())))
    spans = [
        [f"last {span}", *(_capped(counts[state]) for state in finals), _rate(span, counts)]
        for span, counts in found.ended.items()
    ]
    yield as_table(spans, ("ended", *finals, "a second"))
    if found.tasks:
        yield as_table([_task_row(task) for task in found.tasks], TASKS)


def _queue_row(found: Statistics, queue: QueueFigures) -> list[str]:
    oldest = ago(queue.oldest_ready_at, found.now) if queue.oldest_ready_at else ""
    by = f" by {queue.paused_by}" if queue.paused_by else ""
    why = f": {queue.reason}" if queue.reason else ""
    paused = f"paused {ago(queue.paused_at, found.now)}{by}{why}" if queue.paused_at else ""
    counts = (queue.ready, queue.parked, queue.scheduled, queue.running)
    return [queue.name, *map(_capped, counts), oldest, paused]


def _task_row(task: TaskFigures) -> list[str]:
    seconds = (task.mean_seconds, task.p95_seconds, task.mean_wait, task.p95_wait)
    return [task.task, str(task.ended), str(task.failed), *map(duration, seconds)]


def _rate(span: str, counts: dict[str, int]) -> str:
    if max(counts.values()) >= indexed.COUNTED:
        return ""  # not all of them were counted
    done = counts[JobState.SUCCESSFUL] + counts[JobState.FAILED]
    return f"{done / statistics.SPANS[span].total_seconds():.2g}"


def _capped(count: int) -> str:
    return f"{count}+" if count >= indexed.COUNTED else str(count)
