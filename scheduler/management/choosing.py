"""Which schedules a verb is about: by key, or all of some kind after a question."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.core.management.base import CommandError
from django.db.models import Q

from scheduler import listing
from scheduler.choices import Source
from scheduler.exceptions import SchedulerError
from scheduler.management.desk import Desk
from scheduler.models import Schedule, ScheduleQuerySet
from scheduler.operations.locking import row_of
from tasks_core.exceptions import JobError
from tasks_core.words import counted

Act = Callable[[str], bool]


def add_filters(parser: ArgumentParser) -> None:
    parser.add_argument("--state", choices=listing.STATES)
    parser.add_argument("--source", choices=Source.values, help="where it is declared")
    parser.add_argument("--task", help="dotted name")


def narrowed(rows: ScheduleQuerySet, desk: Desk, options: Namespace) -> ScheduleQuerySet:
    """Return those of ``rows`` that the filters select."""
    told = {"source": options.source, "task": options.task}
    rows = rows.filter(**{name: value for name, value in told.items() if value})
    return rows.filter(listing.in_state(options.state, now=desk.now)) if options.state else rows


def add_choice(parser: ArgumentParser) -> None:
    parser.add_argument("keys", nargs="*", metavar="key", help="schedules by key")
    add_filters(parser)
    parser.add_argument("--all", action="store_true", help="every schedule")
    parser.add_argument("--yes", action="store_true", help="do not ask before many are changed")
    parser.add_argument("--reason", default="", help="for those who wonder later")


def chosen(desk: Desk, options: Namespace, *, to: str) -> list[str]:
    """Return the keys that were given, or of the schedules that the options select, confirmed."""
    if options.keys:
        for key in options.keys:
            row_of(key)  # who mistypes one of them does not want half of it done
        return list(dict.fromkeys(options.keys))
    if not (options.all or options.state or options.source or options.task):
        raise CommandError(
            "Name schedules by key, or select them: --state, --source, --task, --all.",
            returncode=2,
        )
    rows = narrowed(Schedule.objects.using(desk.database).all(), desk, options)
    keys = list(rows.order_by("key").values_list("key", flat=True))
    if keys and not options.yes:
        _confirm(desk, f"{to.capitalize()} {counted(len(keys), 'schedule')}?")
    return keys


def act_on_each(
    desk: Desk,
    options: Namespace,
    act: Act,
    *,
    verb: str,
    done: str,
    otherwise: str,
    more: Mapping[str, Any] = MappingProxyType({}),
) -> int:
    """
    Do ``act`` to each chosen schedule, in a transaction each; tell which of them it changed.

    One that refuses does not keep the others from it. ``more`` is what a script is told beside,
    filled while it acts.
    """
    keys = chosen(desk, options, to=verb)
    changed, refused = [], {}
    for key in keys:
        try:
            changed += [key] * act(key)
        except (SchedulerError, JobError) as error:
            refused[key] = str(error)
    lines = [_summary(keys, changed, done=done, otherwise=otherwise)]
    lines = [] if len(keys) == len(refused) == 1 else lines
    lines += [f"{key}: {why}" for key, why in refused.items()]
    desk.say({verb: changed, "of": len(keys), "refused": refused, **more}, "\n".join(lines))
    return 0 if changed and not refused else 1


def found(desk: Desk, search: str) -> ScheduleQuerySet:
    """Return the schedules whose key or task contains ``search``."""
    rows = Schedule.objects.using(desk.database).all()
    named = Q(key__icontains=search) | Q(task__icontains=search)
    return rows.filter(named) if search else rows


def _summary(keys: list[str], changed: list[str], *, done: str, otherwise: str) -> str:
    if not keys:
        return "No schedule was found."
    if len(keys) == 1:
        return f"{keys[0]} {done if changed else otherwise}."
    return f"{len(changed)} of {counted(len(keys), 'schedule')} {done}."


def _confirm(desk: Desk, question: str) -> None:
    if desk.as_json or not sys.stdin.isatty():
        raise CommandError(f"{question} Say --yes where nobody can be asked.", returncode=2)
    desk.err.write(f"{question} [y/N] ", ending="")
    desk.err.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise CommandError("Nothing was changed.", returncode=1)
