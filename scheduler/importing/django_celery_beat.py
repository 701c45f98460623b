"""
The tables of django-celery-beat: each PeriodicTask, with its crontab, interval or clocked time.

A crontab has a zone of its own. ``start_time`` and ``expires`` bound the schedule, ``one_off``
lets it run once. When it last ran is not read: a schedule here begins when it is made.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import Any

from django.apps import apps
from django.db import DatabaseError

from scheduler.exceptions import OperationRefused
from scheduler.importing import celery, runs
from scheduler.importing.origin import Origin
from scheduler.importing.readings import (
    Found,
    NextAfter,
    Over,
    Reading,
    Unread,
    Untranslatable,
    read_each,
)
from scheduler.triggers import At, Trigger

NOTHING = "Its table of periodic tasks is empty. --database names another database."
FROM_LAST = (
    "It counts there from its last run; here it is counted from 1970-01-01 UTC, so the distance is "
    "the same and the moments are not. One that has a start_time there is counted from that."
)
FROM_START = (
    "It counts there from its last run, and so at first from its start_time; here always from "
    "start_time, however late a run begins."
)


def read(origin: Origin) -> Found:
    try:
        model: Any = apps.get_app_config("django_celery_beat").get_model("PeriodicTask")
    except LookupError as error:
        raise OperationRefused(
            'Its tables are read with its models: add "django_celery_beat" to INSTALLED_APPS '
            "until the schedules are here."
        ) from error
    app = celery.app_of(origin) if origin.app else None
    kinds = ("crontab", "interval", "solar", "clocked")
    try:
        rows = list(model.objects.using(origin.database).select_related(*kinds).order_by("name"))
    except DatabaseError as error:
        raise OperationRefused(f"Its tables cannot be read: {error}") from error
    unread = [Unread(row.name.strip(), row.task, partial(_row, row, app, origin)) for row in rows]
    return Found(schedules=read_each(unread), notes=celery.RUNS)


def _row(row: Any, app: Any, origin: Origin) -> Reading:
    celery.refuse_celerys_own(row.task)
    schedule = _schedule(row, origin)
    app = app or schedule.app  # which is the one that the process has
    trigger, theirs, told = _meaning(row, schedule, app)
    options, noted = celery.options_of(_message(row), app, now=origin.now)
    if row.start_time:
        options["start_at"] = row.start_time.isoformat()
    if row.expires:
        options["end_at"] = row.expires.isoformat()
    if row.one_off and not isinstance(trigger, At):
        options["max_runs"] = 1
    if not row.enabled:
        options["enabled"] = False
    return Reading(
        key=row.name.strip(),
        task=row.task,
        trigger=trigger,
        options={
            "args": _json(row.args or "[]", of="args"),
            "kwargs": _json(row.kwargs or "{}", of="kwargs"),
            **runs.BESIDE,
            **options,
        },
        attempts=1,
        notes=(*told, *noted),
        theirs=theirs,
    )


def _message(row: Any) -> dict[str, Any]:
    names = ("queue", "priority", "exchange", "routing_key")
    headers = _json(row.headers or "{}", of="headers")
    given = {name: getattr(row, name) for name in names}
    return {**given, "headers": headers, "expires": row.expire_seconds}


def _schedule(row: Any, origin: Origin) -> Any:
    """Return the schedule of Celery's that a row means. Raises Untranslatable, or Over."""
    if row.one_off and row.total_run_count:
        raise Over("It was to run once, and did.")
    if row.clocked is not None and row.clocked.clocked_time <= origin.now:
        raise Over(f"It was to run once, at {row.clocked.clocked_time}, which is past.")
    if row.expires:
        celery.refuse_expired(row.expires, origin.now)
    if row.solar is not None:  # to build it takes a library that tells where the sun is
        raise Untranslatable(celery.SOLAR.format(row.solar))
    if row.scheduler is None:
        raise Untranslatable("It has no schedule, so it is never due there either.")
    try:
        return row.schedule
    except (ValueError, TypeError) as error:  # what somebody wrote past the form
        raise Untranslatable(f"Celery cannot read {row.scheduler}: {error}") from error


def _meaning(
    row: Any, schedule: Any, app: Any
) -> tuple[Trigger, NextAfter | None, tuple[str, ...]]:
    if row.interval is not None:
        every = celery.every(schedule.run_every.total_seconds())
        if row.start_time is None:
            return every, None, (FROM_LAST,)
        return replace(every, anchor=row.start_time), None, (FROM_START,)
    if moment := getattr(schedule, "clocked_time", None):
        return At(moment), None, ()
    return celery.meaning(schedule, app)


def _json(text: str, *, of: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Untranslatable(f"Its {of} are no JSON: {error}") from error
