"""``list`` and ``show``: what jobs there are, and everything about one of them."""

from argparse import Namespace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.management.base import CommandError

from tasks_core.management.arguments import add_filters, count, verb_parser
from tasks_core.management.jobs.desk import Desk, wanted
from tasks_core.models import Job
from tasks_core.presentation import (
    COLUMNS,
    ago,
    as_dict,
    as_lines,
    as_table,
    notes,
    progress,
)

LIST = """
examples:
  jobs list --state failed --limit 5
  jobs list --queue mail --format json
"""
SHOW = """
example:
  jobs show 0197c0de-0000-7000-8000-000000000000
"""

# What the note and the progress say in words.
SAID_OTHERWISE = ("suspect", "parked", "progress_done", "progress_total")


def add_to(verbs: Any) -> None:
    listing = verb_parser(verbs, "list", "the newest jobs first", do=list_, examples=LIST)
    add_filters(listing)
    listing.add_argument("--limit", type=count, default=20, help="default: %(default)s")
    showing = verb_parser(
        verbs, "show", "everything about one job, tracebacks included", do=show, examples=SHOW
    )
    showing.add_argument("id", type=UUID)


def list_(desk: Desk, options: Namespace) -> int:
    backend = desk.backend
    jobs = backend.questions.find(backend.place, wanted(options), limit=options.limit)
    desk.say(list(map(as_dict, jobs)), table(jobs) if jobs else "No jobs.")
    return 0


def table(jobs: list[Job]) -> str:
    """Return a line for each job; what few jobs have gets a column when one of these has it."""
    rows = [[*(getattr(job, name) for name in COLUMNS), progress(job), notes(job)] for job in jobs]
    header = [*COLUMNS, "progress", "note"]
    told = [n for n in range(len(header)) if n < len(COLUMNS) or any(row[n] for row in rows)]
    return as_table([[row[n] for n in told] for row in rows], [header[n] for n in told])


def show(desk: Desk, options: Namespace) -> int:
    return tell(desk, options.id)


def tell(desk: Desk, job_id: UUID) -> int:
    """Print everything about the job; leave with a sentence if it is gone."""
    job = desk.job(job_id)
    if job is None:
        raise CommandError(f"No job {job_id} in {desk.backend}; it may have been pruned.")
    told = as_dict(job)
    if desk.as_json:
        desk.say(told, "")
        return 0
    now = desk.backend.now()
    for name, value in told.items():
        if isinstance(value, datetime):
            told[name] = f"{value:%Y-%m-%d %H:%M:%S} UTC ({ago(value, now)})"
    errors = told.pop("errors")
    traces = (f"\nattempt {each['attempt']}\n{each['traceback']}" for each in errors)
    told |= {"progress": progress(job), "note": notes(job)}
    if job.claimed_by:
        told["claimed_by"] = f"{job.claimed_by} ({job.claimed_by_id})"
    for name in SAID_OTHERWISE:
        told.pop(name)
    desk.out.write(as_lines(told) + "\n" + "".join(traces))
    return 0
