"""What was found, as data for a script."""

from __future__ import annotations

from typing import Any

from scheduler.importing.jobs import ReviewedJob
from scheduler.importing.report import Report, shown, state, told
from scheduler.importing.reviewing import Reviewed


def as_data(report: Report) -> dict[str, Any]:
    return {
        "notes": list(report.notes),
        "schedules": [_as_data(each) for each in report.schedules],
        "waiting_jobs": [_job_as_data(each) for each in report.jobs],
    }


def _as_data(each: Reviewed) -> dict[str, Any]:
    """Return one of them; its trigger is its spec, as an entry of JSON has it."""
    trigger, compared = each.reading.trigger, each.comparison
    spec = {"trigger": trigger.spec()} if trigger and "trigger" in each.entry else {}
    return {
        "key": each.key,
        "task": each.reading.task_here,
        "state": state(each),
        "is_importable": each.is_importable,
        "entry": each.entry | spec,
        "notes": list(each.reading.notes),
        "problem": each.problem,
        "due_times_compared": compared.compared if compared else 0,
        "due_only_there": list(compared.only_there) if compared else [],
        "due_only_here": list(compared.only_here) if compared else [],
        "told": list(told(each)),
    }


def _job_as_data(job: ReviewedJob) -> dict[str, Any]:
    call = job.call
    return {
        "key": job.key,
        "task": call.func,
        **shown(job),
        "when": call.when,
        "queue": call.queue,
        "priority": call.priority,
        "label": call.label,
        "creator": call.creator,
        "notes": list(job.notes),
        "is_importable": job.is_importable,
        "problem": job.problem,
    }
