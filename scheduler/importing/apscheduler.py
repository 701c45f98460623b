"""
Jobs of an APScheduler 3, read from a scheduler: ``--app proj.clock:scheduler``.

One that has not been started knows the jobs that code added; one with a job store of its own
must be started, ``start(paused=True)`` suffices, so name a function that does and returns it.
Triggers become ours, each field by its meaning; ``apscheduler_asked`` asks theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, time
from functools import partial
from typing import Any

from scheduler.due import zones
from scheduler.exceptions import InvalidTrigger
from scheduler.importing import fields, runs
from scheduler.importing.apscheduler_asked import ALL, ONCE, STEPS, asked_of, kind_of
from scheduler.importing.cron_trigger import of_cron_trigger
from scheduler.importing.origin import Origin, zone_of
from scheduler.importing.readings import (
    Found,
    Over,
    Reading,
    Unread,
    Untranslatable,
    read_each,
)
from scheduler.triggers import (
    AllOf,
    AnyOf,
    At,
    Between,
    Daily,
    Every,
    Monthly,
    Trigger,
    as_trigger,
)

Options = dict[str, Any]
NOTHING = (
    "It has no jobs. One that has not been started knows only those that code added: to read a "
    "job store, name a function that calls start(paused=True) and returns it."
)
NOT_ASKED = "It is not compared: asked about AndTrigger, APScheduler may not come back."
JITTER = (
    "Its jitter of {} s is random there; here splay puts off all jobs of a schedule by one and "
    "the same part of it."
)
STARTED = (
    "It counts there from when a process begins, and anew with each. Here it counts from 1970, and "
    "goes on whatever begins."
)


def read(origin: Origin) -> Found:
    scheduler = origin.object(
        "proj.clock:scheduler", kind="a scheduler of APScheduler 3", has="get_jobs"
    )
    # It answers in the order of next runs, by which numbers would change from hour to hour.
    jobs = sorted(scheduler.get_jobs(), key=_place)
    unread = [Unread(_key(job), _path(job), partial(_job, job, origin)) for job in jobs]
    return Found(schedules=read_each(unread), notes=(runs.TOLD_ATTEMPTS,) if unread else ())


def _place(job: Any) -> tuple[str, str]:
    return _key(job), f"{job.trigger} {job.args} {job.kwargs}"


def _key(job: Any) -> str:
    """Return the id that somebody gave a job, or else the function: a made-up id is no name."""
    identity = str(job.id)
    is_made_up = len(identity) == 32 and set(identity) <= set("0123456789abcdef")  # noqa: PLR2004
    return _path(job) if is_made_up else identity


def _path(job: Any) -> str:
    return str(job.func_ref or job.func).replace(":", ".")


def _job(job: Any, origin: Origin) -> Reading:
    trigger, options, noted = _meaning(job.trigger, origin)
    if (most := getattr(job, "max_instances", 1)) > 1:
        options |= runs.BESIDE
        noted.append(f"It has max_instances={most}; here overlap knows one, or any number.")
    if getattr(job, "coalesce", True) is False:
        options["catch_up"] = "all"
    if hasattr(job, "next_run_time") and job.next_run_time is None:
        options["enabled"] = False
        noted.append("It is paused there, and so disabled here.")
    if grace := getattr(job, "misfire_grace_time", None):
        noted.append(
            f"A run that is more than {grace} s late is dropped there (misfire_grace_time); here "
            "catch_up decides, and the newest is made up for."
        )
    return Reading(
        key=_key(job),
        task=_path(job),
        trigger=trigger,
        options={"args": list(job.args or ()), "kwargs": dict(job.kwargs or {}), **options},
        attempts=1,
        notes=(*fields.notes(trigger), *noted),
        theirs=asked_of(job.trigger),
    )


def _meaning(trigger: Any, origin: Origin) -> tuple[Trigger, Options, list[str]]:
    """Return a trigger of ours, options of an entry that belong to it, and notes."""
    kind = kind_of(trigger)
    if kind not in READERS:
        raise Untranslatable(
            f"{type(trigger).__name__} is a trigger of your own. Declare the schedule in code with "
            "trigger=, which takes it as it is, or write one with next_after() and spec()."
        )
    options: Options = {}
    noted = []
    if jitter := getattr(trigger, "jitter", None):
        options["splay"] = jitter
        noted.append(JITTER.format(jitter))
    try:
        ours, more, told = READERS[kind](trigger, origin)
    except InvalidTrigger as error:
        raise Untranslatable(str(error)) from error
    return ours, options | more, noted + told


def _cron(trigger: Any, origin: Origin) -> tuple[Trigger, Options, list[str]]:
    return of_cron_trigger(trigger), _bounds(trigger), []


def _ours(trigger: Any, origin: Origin) -> tuple[Trigger, Options, list[str]]:
    return as_trigger(trigger), {}, []


def _interval(trigger: Any, origin: Origin) -> tuple[Trigger, Options, list[str]]:
    start, options = trigger.start_date, _bounds(trigger)
    if start.microsecond:  # made up by the trigger: another one in every process
        del options["start_at"]
        return Every(trigger.interval), options, [STARTED]
    return Every(trigger.interval, anchor=start), options, []


def _date(trigger: Any, origin: Origin) -> tuple[Trigger, Options, list[str]]:
    if trigger.run_date <= origin.now:
        raise Over(f"It was to run once, at {trigger.run_date}, which is past.")
    return At(trigger.run_date), {}, []


def _calendar_interval(trigger: Any, origin: Origin) -> tuple[Trigger, Options, list[str]]:
    months = trigger.years * 12 + trigger.months
    days = trigger.weeks * 7 + trigger.days
    start, zone = trigger.start_date, zone_of(trigger.timezone)
    if months and days:
        raise Untranslatable(
            f"{trigger} counts months and days together. Declare the schedule in code with "
            "trigger=, which takes it as it is."
        )
    at = trigger._time.replace(tzinfo=None)  # noqa: SLF001  it has no public name
    ours: Trigger = (
        Monthly(start.day, at=at, every=months, anchor=start, timezone=zone)
        if months
        else Daily(at, every=days, anchor=start, timezone=zone)
    )
    options: Options = {"start_at": zones.instant_of(datetime.combine(start, time.min), zone)}
    if trigger.end_date:
        last = datetime.combine(trigger.end_date, time(23, 59, 59))
        options["end_at"] = zones.instant_of(last, zone)
    return ours, {name: moment.isoformat() for name, moment in options.items()}, []


def _combined(
    made: Callable[..., Trigger], trigger: Any, origin: Origin
) -> tuple[Trigger, Options, list[str]]:
    read = [_meaning(each, origin) for each in trigger.triggers]
    noted = [told for _, _, each in read for told in each]
    noted += [NOT_ASKED] * (made is AllOf)
    return made(*(_within(ours, options) for ours, options, _ in read)), {}, noted


def _within(trigger: Trigger, options: Options) -> Trigger:
    """Return a part of a trigger with the bounds that only this part has."""
    bounds = [options.get(name) for name in ("start_at", "end_at")]
    if not any(bounds):
        return trigger
    return Between(trigger, *(datetime.fromisoformat(each) if each else None for each in bounds))


def _bounds(trigger: Any) -> Options:
    named = {"start_at": trigger.start_date, "end_at": trigger.end_date}
    return {name: moment.isoformat() for name, moment in named.items() if moment is not None}


READERS: Mapping[str, Callable[[Any, Origin], tuple[Trigger, Options, list[str]]]] = {
    "apscheduler.triggers.cron.CronTrigger": _cron,
    "apscheduler.triggers.interval.IntervalTrigger": _interval,
    ONCE: _date,
    STEPS: _calendar_interval,
    "apscheduler.triggers.combining.OrTrigger": partial(_combined, AnyOf),
    ALL: partial(_combined, AllOf),
    "scheduler.timer.croniter.CroniterTrigger": _ours,
}
