"""``run``: a waiting job, or a new call of a task, here and now."""

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, redirect_stdout
from typing import Any, cast
from uuid import UUID

from django.core.management.base import CommandError

from tasks_core import background
from tasks_core.management.arguments import json_value, verb_parser
from tasks_core.management.jobs.desk import Desk
from tasks_core.management.jobs.look import tell
from tasks_core.outcomes import Succeeded
from tasks_core.processes.foreground import run_ready
from tasks_core.states import JobState

EXAMPLES = """
examples:
  jobs run blog.tasks.backup --kwargs '{"keep": 7}'   store a call and run it here and now
  jobs run 0197c0de-0000-7000-8000-000000000000       run this waiting job here and now

With --format json, what the task prints goes to stderr.
Exit codes: 0 it succeeded, 1 it did not, 2 wrong arguments.
"""


def add_to(verbs: Any) -> None:
    words = "run a waiting job, or a new call of a task, here and now"
    parser = verb_parser(verbs, "run", words, do=run, examples=EXAMPLES)
    parser.add_argument("what", help="a job's id or a task's dotted name")
    parser.add_argument("--args", dest="call_args", type=json_value, default=[], help="JSON list")
    parser.add_argument(
        "--kwargs", dest="call_kwargs", type=json_value, default={}, help="JSON object"
    )


def run(desk: Desk, options: Namespace) -> int:
    job_id = _job_id(desk, options)
    with output_on_stderr() if desk.as_json else nullcontext():
        ended = list(run_ready(desk.backend, ids=[job_id]))
    if not ended:
        raise CommandError(_why_not(desk, job_id))
    _, outcome = ended[-1]
    tell(desk, job_id)
    return 0 if isinstance(outcome, Succeeded) else 1


@contextmanager
def output_on_stderr() -> Iterator[None]:
    """Send what is printed meanwhile to stderr, by child processes too: stdout is for JSON."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)


def _job_id(desk: Desk, options: Namespace) -> UUID:
    try:
        return UUID(options.what)
    except ValueError:
        door = background.on(desk.backend.alias)
        stored = door.enqueue(options.what, options.call_args, options.call_kwargs)
        return cast("UUID", stored.id)


def _why_not(desk: Desk, job_id: UUID) -> str:
    job = desk.job(job_id)
    state = None if job is None else job.state
    cures: dict[str | None, str] = {
        JobState.SCHEDULED: f"Its time comes first: jobs reschedule {job_id} --when 0s",
        JobState.READY: "A limit or a pause of its queue holds it back: jobs show tells which.",
        JobState.RUNNING: "A worker has it.",
        None: "It may have been pruned.",
    }
    cure = cures.get(state, f"To run it again: jobs retry {job_id}")
    return f"Job {job_id} is {state or 'gone'} and was not run. {cure}"
