"""
Celery's ``beat_schedule``, read from an app: ``--app proj.celery:app``.

A crontab is its five sets of numbers, all of which must match, in the zone of its ``nowfun`` or
of the app. An interval counts from when beat starts; here it counts from 1970. The objects are
only asked: Celery is not imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from scheduler.exceptions import InvalidTrigger
from scheduler.importing import fields, priorities, runs
from scheduler.importing.fields import Fields
from scheduler.importing.origin import Origin, zone_of
from scheduler.importing.readings import (
    Found,
    NextAfter,
    Over,
    Reading,
    Unread,
    Untranslatable,
    plain_seconds,
    read_each,
)
from scheduler.triggers import Every, Trigger

MINUTE = timedelta(minutes=1)
MOST_LOOKS = 300  # minutes in which a crontab may be stuck, where clocks go back
NOTHING = "The beat_schedule of this app is empty. Is it the one that beat is started with?"
RUNS = (runs.TOLD_BESIDE, f"{runs.TOLD_ATTEMPTS} {runs.IN_BODY}")
MACHINE = "The app has enable_utc=False and no timezone, so times are of the machine, here {}."
PHASE = (
    "Celery counts this interval from when beat starts; here it is counted from 1970-01-01 UTC, "
    "so the distance is the same and the moments are not."
)
ROUNDED = "It is relative=True: Celery rounds its times to the unit of the interval."
SOLAR = (
    "{} follows the sun, which no trigger here does. Write one with next_after() and spec(), or "
    "take a time of day that is close enough."
)
ROUTING = frozenset({"exchange", "routing_key", "headers", "countdown", "eta", "serializer"})


def read(origin: Origin) -> Found:
    app = app_of(origin)
    app.finalize()  # now on_after_finalize has added its periodic tasks, too
    entries: Mapping[str, Any] = app.conf.beat_schedule
    unread = [_unread(str(name), entry, app=app, origin=origin) for name, entry in entries.items()]
    is_of_machine = not (app.conf.timezone or app.conf.enable_utc)
    machine = (MACHINE.format(app.timezone),) if is_of_machine else ()
    return Found(schedules=read_each(unread), notes=(*RUNS, *machine))


def _unread(name: str, entry: Mapping[str, Any], *, app: Any, origin: Origin) -> Unread:
    task = str(entry.get("task", ""))
    key = name.strip() or task  # "" is a name there
    return Unread(key, task, partial(_entry, key, entry, app=app, origin=origin))


def app_of(origin: Origin) -> Any:
    return origin.object("proj.celery:app", kind="a Celery app", has="finalize")


def _entry(key: str, entry: Mapping[str, Any], *, app: Any, origin: Origin) -> Reading:
    if not {"task", "schedule"} <= set(entry):
        raise Untranslatable("It names no task, or no schedule, so it never runs there either.")
    refuse_celerys_own(str(entry["task"]))
    trigger, theirs, told = meaning(entry["schedule"], app)
    options, noted = options_of(entry.get("options") or {}, app, now=origin.now)
    relative = (ROUNDED,) if entry.get("relative") else ()
    return Reading(
        key=key,
        task=str(entry["task"]),
        trigger=trigger,
        options={
            "args": list(entry.get("args") or ()),
            "kwargs": dict(entry.get("kwargs") or {}),
            **runs.BESIDE,
            **options,
        },
        attempts=1,
        notes=(*told, *relative, *noted),
        theirs=theirs,
    )


def refuse_celerys_own(task: str) -> None:
    if task.startswith("celery."):
        raise Over(f"{task} looks after Celery's own results; here RETAIN_SUCCESSFUL does that.")


def meaning(schedule: Any, app: Any) -> tuple[Trigger, NextAfter | None, tuple[str, ...]]:
    """Return the trigger of a schedule of Celery's, whom to ask, and notes. Untranslatable."""
    if (seconds := plain_seconds(schedule)) is not None:
        return every(seconds), None, (PHASE,)
    kinds = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(schedule).__mro__}
    if "celery.schedules.crontab" in kinds:
        return of_crontab(schedule, app)
    if "celery.schedules.solar" in kinds:
        raise Untranslatable(SOLAR.format(schedule))
    if "celery.schedules.schedule" in kinds:
        relative = (ROUNDED,) if schedule.relative else ()
        return every(schedule.run_every.total_seconds()), None, (PHASE, *relative)
    raise Untranslatable(
        f"{type(schedule).__name__} is a schedule of your own. Write a trigger with next_after() "
        "and spec() that says the same."
    )


def every(seconds: float) -> Every:
    try:
        return Every(seconds=seconds)
    except InvalidTrigger as error:
        raise Untranslatable(str(error)) from error


def of_crontab(crontab: Any, app: Any) -> tuple[Trigger, NextAfter, tuple[str, ...]]:
    asked = copy(crontab)
    asked.app = app
    # Celery takes a naive time for UTC. Without nowfun the app has the zone, by its name.
    tz = asked.nowfun().tzinfo or UTC if asked.nowfun else asked.app.timezone
    zone = zone_of(tz)
    numbers = Fields(
        minutes=frozenset(crontab.minute),
        hours=frozenset(crontab.hour),
        days=frozenset(crontab.day_of_month),
        months=frozenset(crontab.month_of_year),
        weekdays=frozenset(crontab.day_of_week),
    )
    trigger = numbers.trigger(zone)
    return trigger, partial(_next_run, asked, zone), fields.notes(trigger)


def _next_run(crontab: Any, zone: Any, moment: datetime) -> datetime | None:
    """Ask a crontab as beat does: how long it is until the run after that of ``moment``."""
    last = moment
    for _ in range(MOST_LOOKS):
        local = last.astimezone(zone)
        crontab.nowfun = lambda local=local: local
        found: datetime = last.astimezone(UTC) + crontab.remaining_estimate(local)
        if found > moment:
            return found
        last += MINUTE  # in the second pass of an hour it answers with the first
    return None


def options_of(
    given: Mapping[str, Any], app: Any, *, now: datetime
) -> tuple[dict[str, Any], list[str]]:
    """Return the options of a schedule that those of a message mean, and notes. Raises Over."""
    options: dict[str, Any] = {}
    noted = []
    if given.get("queue"):
        options["queue"] = getattr(given["queue"], "name", given["queue"])
    if given.get("priority") is not None:
        over_redis = str(app.conf.broker_url or "").startswith(("redis", "sentinel", "valkey"))
        ours, told = priorities.of_celery(given["priority"], is_reversed=over_redis)
        options["priority"] = ours
        noted.append(told)
    if given.get("expires") is not None:
        expires = given["expires"]
        if isinstance(expires, datetime):
            refuse_expired(expires if expires.tzinfo else expires.replace(tzinfo=UTC), now)
        window, told = expiry(expires)
        options |= window
        noted.append(told)
    left = sorted(name for name in given if name in ROUTING and given[name])
    if left:
        noted.append(f"Nothing here means its {', '.join(left)}.")
    return options, noted


def refuse_expired(expires: datetime, now: datetime) -> None:
    if expires <= now:
        raise Over(f"It expired at {expires}, so it runs no more.")


def expiry(expires: Any) -> tuple[dict[str, Any], str]:
    seconds = plain_seconds(expires)
    if seconds is None:
        return {}, f"It expires at {expires}; write end_at if the schedule ends then."
    return {"catch_up_window": seconds}, (
        f"Its messages expire after {seconds:g} s; here due times that are older are not caught "
        "up, and a job that waits longer runs."
    )
