"""``plan``: what a deploy of this code would change about schedules, before it does."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from scheduler.management.desk import Desk, add_verb
from scheduler.questions.deploy import Change, DeployPlan, plan
from scheduler.questions.deploy.changes import REFUSED
from scheduler.questions.explain.moments import utc
from tasks_core.backends.database.questions.findings import counted

EXAMPLES = """
Compares what this code declares with the database, by the rules of "schedules sync", and writes
nothing. Run it with the new code and the database of the site, before the deploy.

examples:
  schedules plan
  schedules plan --check                 in CI: fail before the deploy does
  schedules plan --force --format json   as "schedules sync --force" would

Exit codes: 0 told; with --check 1 if something would be refused or is warned of (never due, or
many due in one minute by this deploy); 2 wrong arguments.
"""
SIGNS = {"created": "+", "changed": "~", "restored": "+", "renamed": ">", "retired": "-"}
LONGEST = 60  # characters of a value


def add_to(verbs: Any) -> None:
    words = "what a sync of this code would change"
    parser = add_verb(verbs, "plan", words, do=planned, examples=EXAMPLES)
    parser.add_argument("--check", action="store_true", help="exit with 1 for any warning")
    parser.add_argument("--force", action="store_true", help="as for sync --force")


def planned(desk: Desk, options: Namespace) -> int:
    found = plan(force=options.force)
    told = asdict(found) | {"fine": found.is_fine, "runs_per_day": found.runs_per_day}
    desk.say(told, "\n".join(_lines(found)))
    return 1 if options.check and not found.is_fine else 0


def _lines(found: DeployPlan) -> Iterator[str]:
    for each in sorted(found.changes, key=lambda change: change.key):
        yield from _of(each)
    for key, override in sorted(found.kept.items()):
        yield f"= {key}: an override is kept: {override}"
    for warning in found.warnings:
        yield f"WARNING: {warning}"
    number = len(found.changes) - len(found.refused)
    counts = [counted(number, "change", "changes"), f"{found.unchanged} unchanged"]
    counts += [f"{len(found.refused)} refused"] * bool(found.refused)
    yield f"{', '.join(counts)}; {_short(f'{found.runs_per_day:+,.3f}')} runs a day."


def _of(change: Change) -> Iterator[str]:
    if change.does == REFUSED:
        yield f"! {change.key}: refused: {change.why}"
        return
    former = f" from {change.former}" if change.former else ""
    yield f"{SIGNS[change.does]} {change.key}: {change.does}{former} ({change.trigger:.200})"
    for name, (before, after) in change.columns.items():
        yield f"    {name}: {before!r:.{LONGEST}} → {after!r:.{LONGEST}}"
    due = [utc(each) if each else "never" for each in (change.next_before, change.next_after)]
    yield f"    next due: {due[0]} → {due[1]}"
    runs = " → ".join(map(_number, (change.runs_before, change.runs_after)))
    yield f"    runs a day: {runs}{_cost(change)}"


def _cost(change: Change) -> str:
    """Return what the runs would take, by how long the last ones did."""
    if change.seconds_per_run is None or change.runs_after is None:
        return ""
    return f", {change.seconds_per_run * change.runs_after:,.0f} seconds of work"


def _number(runs: float | None) -> str:
    return "not known" if runs is None else _short(f"{runs:,.3f}")


def _short(number: str) -> str:
    return number.rstrip("0").rstrip(".")
