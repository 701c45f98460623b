"""The options of an entry as arguments of a command: --cron "0 9 * * *", --splay 90s."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from typing import Any

from scheduler.choices import CalendarAction, CatchUp, Overlap
from scheduler.management.desk import Desk
from scheduler.models import Schedule
from tasks_core import registry
from tasks_core.conf import did_you_mean
from tasks_core.management.arguments import age, json_value, positive
from tasks_core.options import DEFAULT_QUEUE

WHEN: dict[str, dict[str, Any]] = {
    "cron": {"help": '"0 9 * * MON"'},
    "every": {"type": age, "help": "90s, 5m, 12h, 7d: the same elapsed time again and again"},
    "at": {"help": "once, at an ISO date and time"},
    "trigger": {"help": "any trigger of ours, as its spec"},
    "timezone": {"help": "of cron and at: Europe/Paris; default: TIME_ZONE"},
}
CALLED: dict[str, dict[str, Any]] = {
    "args": {"type": json_value, "help": "JSON list"},
    "kwargs": {"type": json_value, "help": "JSON object"},
}
OTHERS: dict[str, dict[str, Any]] = {
    "backend": {"help": "alias of JOBS"},
    "queue": {},
    "priority": {"type": int, "help": "-100 to 100, higher first"},
    "max_attempts": {"type": positive},
    "catch_up": {"choices": CatchUp.values, "help": "of what was missed"},
    "catch_up_limit": {"type": positive, "help": "with all: at most so many"},
    "catch_up_window": {"type": age, "help": "older ones are missed for good"},
    "overlap": {"choices": Overlap.values, "help": "while the previous job has not ended"},
    "overlap_timeout": {"type": age, "help": "a job that waits counts for so long"},
    "splay": {"type": age, "help": "put its jobs off by a time of its own below this"},
    "start_at": {"help": "ISO date and time; due times before do not exist"},
    "end_at": {"help": "ISO date and time; due times after do not exist"},
    "max_runs": {"type": positive},
    "calendar": {"help": "name"},
    "calendar_action": {"choices": CalendarAction.values, "help": "with what it excludes"},
    "must_succeed_within": {"type": age, "help": "or it is stale, and the doctor says so"},
}
ENTRY = "entry_"  # begins the names of parsed options
SWITCH = {"on": True, "off": False}


def add_options(parser: ArgumentParser, *groups: dict[str, dict[str, Any]]) -> None:
    """Add an argument for each option; one that is not given stays out of the entry."""
    for group in groups:
        for name, told in group.items():
            flag = f"--{name.replace('_', '-')}"
            parser.add_argument(flag, dest=f"{ENTRY}{name}", **told)


def add_switch(parser: ArgumentParser) -> None:
    parser.add_argument("--enabled", dest=f"{ENTRY}enabled", choices=tuple(SWITCH))


def given(options: Namespace) -> dict[str, Any]:
    """Return the options of the entry that were given."""
    found = {
        name.removeprefix(ENTRY): value
        for name, value in vars(options).items()
        if name.startswith(ENTRY) and value is not None
    }
    if "enabled" in found:
        found["enabled"] = SWITCH[found["enabled"]]
    return found


def tell_of_its_queue(desk: Desk, row: Schedule) -> None:
    """Ask whether a queue is meant that nothing else uses: it may be a slip of the pen."""
    declared = {task.options.get("queue", DEFAULT_QUEUE) for task in registry.declared().values()}
    others = Schedule.objects.using(desk.database).filter(queue=row.queue).exclude(pk=row.pk)
    if row.queue in {*declared, DEFAULT_QUEUE} or others.exists():
        return
    meant = did_you_mean(row.queue, declared)
    desk.tell(f"No task and no other schedule uses the queue {row.queue!r}.{meant}")
