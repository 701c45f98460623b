"""The scheduler processes: whether one lives, and whether they go by the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from scheduler.models import ProcessFacts, Schedule
from tasks_core.backends.database.leases import running
from tasks_core.backends.database.questions.diagnosis import SKEW_NOTED, SKEW_WRONG
from tasks_core.backends.database.questions.findings import (
    NAMED,
    Finding,
    Level,
    counted,
    good,
    listed,
)
from tasks_core.models import Process

DEPLOY = timedelta(minutes=10)  # for so long two releases may run side by side


def schedulers(alias: str, *, now: datetime) -> Finding:
    """Find out whether a scheduler lives, if there is anything to schedule."""
    alive = _alive(alias)
    if alive:
        return good("schedulers", f"{counted(len(alive), 'scheduler lives', 'schedulers live')}.")
    if not Schedule.objects.using(alias).active().exists():
        text = "No scheduler lives, and there is nothing to schedule."
        return Finding(about="schedulers", level=Level.NOTE, text=text)
    return Finding(
        about="schedulers",
        level=Level.FAILURE,
        text="No scheduler lives: nothing becomes due.",
        advice="manage.py run_scheduler; or doctor --no-process, where a cron job or a URL ticks",
    )


def disagreements(alias: str, *, now: datetime) -> Iterator[Finding]:
    """Find live schedulers that declare different schedules, or have other zones or times."""
    alive = {process.pk: process for process in _alive(alias)}
    noted = ProcessFacts.objects.using(alias).filter(pk__in=list(alive))
    facts = {alive[each.pk].name: each for each in noted}
    if not facts:
        return
    youngest = max(process.started_at for process in alive.values())
    yield _declarations(facts, is_deploy=now - youngest < DEPLOY)
    yield _zones(facts)
    yield _clocks(facts)


def _alive(alias: str) -> list[Process]:
    kind = Process.objects.using(alias).filter(kind="scheduler")
    return list(running(kind).order_by("started_at"))


def _declarations(facts: dict[str, ProcessFacts], *, is_deploy: bool) -> Finding:
    if len({each.declarations for each in facts.values()}) == 1:
        return good("declarations", "All live schedulers declare the same schedules.")
    told = [f"{name} (release {each.release or 'not named'})" for name, each in facts.items()]
    return Finding(
        about="declarations",
        level=Level.WARNING if is_deploy else Level.FAILURE,
        text=f"Live schedulers declare different schedules: {listed(told)}.",
        advice="During a deploy that is so for a while; then restart those of the old release.",
        named=list(facts)[:NAMED],
    )


def _zones(facts: dict[str, ProcessFacts]) -> Finding:
    if len({each.tzdata for each in facts.values()}) == 1:
        return good("tzdata", "All live schedulers have the same time zones.")
    told = [f"{name} (tzdata {each.tzdata})" for name, each in facts.items()]
    return Finding(
        about="tzdata",
        level=Level.WARNING,
        text=f"Live schedulers have different time zones: {listed(told)}.",
        advice="Install the same tzdata everywhere, and restart the schedulers.",
        named=list(facts)[:NAMED],
    )


def _clocks(facts: dict[str, ProcessFacts]) -> Finding:
    off = {name: each.skew for name, each in facts.items() if abs(each.skew) > SKEW_NOTED}
    if not off:
        return good("skew", "The schedulers' machines and the database agree about the time.")
    wrong = any(abs(skew) > SKEW_WRONG for skew in off.values())
    told = [f"{name} ({skew.total_seconds():+.1f} s)" for name, skew in off.items()]
    return Finding(
        about="skew",
        level=Level.FAILURE if wrong else Level.WARNING,
        text=f"Machines of schedulers are ahead of or behind the database: {listed(told)}.",
        advice="Let all machines follow a time server. The database's time decides all the same.",
        named=list(off)[:NAMED],
    )
