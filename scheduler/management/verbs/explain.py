"""``explain``: what becomes of due times, what became of them, and why."""

from __future__ import annotations

from argparse import Namespace
from dataclasses import asdict
from datetime import datetime
from typing import Any

from scheduler import conf, declarations, listing
from scheduler.definitions.trial import refusals
from scheduler.exceptions import SchedulerError
from scheduler.management.desk import Desk, add_verb
from scheduler.models import Schedule
from scheduler.questions import explain
from scheduler.questions.explain.durations import told
from scheduler.questions.explain.moments import moment, read
from scheduler.triggers import Trigger, described
from scheduler.turn.rebuild import trigger_of
from tasks_core.management.arguments import positive
from tasks_core.presentation import ago, as_lines, as_table

EXAMPLES = """
Without --at: the next due times, and what becomes of each if nothing changes: a calendar, a
pause, maintenance, the environment, the clocks, and jobs that take longer than the schedule
gives them. With --at: why it did, or did not, run then, from the ledger and the history.
Times are those of the schedule's zone, unless they say their own.

examples:
  schedules explain nightly-backup -n 5
  schedules explain nightly-backup --at 2026-10-25T02:30
  schedules explain nightly-backup --at 2026-10-25T00:30Z --format json

Exit codes: 0 answered, 1 nobody knows why, 2 there is no such schedule.
"""
COLUMNS = ("local", "offset", "utc", "", "becomes", "notes")


def add_to(verbs: Any) -> None:
    words = "what becomes of its due times, and why"
    parser = add_verb(verbs, "explain", words, do=explained, examples=EXAMPLES)
    parser.add_argument("key", help="of a schedule, or of one that was deleted")
    parser.add_argument("--at", help="a date and time: 2026-10-25T02:30")
    parser.add_argument("-n", type=positive, default=10, dest="number", help="default: %(default)s")


def explained(desk: Desk, options: Namespace) -> int:
    row = Schedule.objects.using(desk.database).filter(pk=options.key).first()
    trigger = _trigger(options.key, row)
    if options.at:
        return _say_why(desk, options.key, trigger, at=read(options.at, trigger))
    if row is None:
        _say_declared(desk, options.key, options.number)
    else:
        _say_coming(desk, explain.outlook(row, now=desk.now, number=options.number))
    return 0


def _trigger(key: str, row: Schedule | None) -> Trigger | None:
    try:
        return trigger_of(row) if row else declarations.read()[0][key].trigger
    except (SchedulerError, KeyError):  # its history may be known all the same
        return None


def _say_why(desk: Desk, key: str, trigger: Trigger | None, *, at: datetime) -> int:
    answer = explain.at(key, at, now=desk.now)
    when = moment(at, trigger)
    beside = {
        name: moment(each, trigger).local if each else "none"
        for name, each in (("due before", answer.before), ("due after", answer.after))
    }
    facts = {"schedule": key, "at": f"{when.local} {when.zone} ({when.utc})"}
    facts |= {"clocks": when.clocks} | beside
    lines = [as_lines(facts), "", answer.sentence, *answer.known]
    desk.say(asdict(answer) | {"moment": asdict(when)}, "\n".join(lines))
    return 1 if answer.verdict == "unexplained" else 0


def _say_coming(desk: Desk, outlook: explain.Outlook) -> None:
    row, forecast = outlook.row, outlook.forecast
    usual = told(outlook.usually_takes) if outlook.usually_takes is not None else "not known yet"
    facts = {
        "schedule": row.key,
        "state": listing.state(row, now=desk.now),
        "when": described(outlook.trigger),
        "zone": moment(desk.now, outlook.trigger).zone,
        "a job takes": usual,
        "arguments": f"computed by {forecast.computed}" if forecast.computed else "",
        "previous job": f"{forecast.previous}, not ended" if forecast.previous else "",
        "now": str(forecast),
    }
    cells = [
        (
            each.moment.local,
            each.moment.offset,
            each.moment.utc,
            ago(each.due_at, desk.now),
            each.becomes,
            "; ".join(filter(None, [each.moment.clocks, *each.notes])),
        )
        for each in outlook.due
    ]
    table = as_table(cells, COLUMNS) if cells else "It is never due again."
    value = {
        "key": row.key,
        "state": facts["state"],
        "when": facts["when"],
        "usually_takes": outlook.usually_takes,
        "now": asdict(forecast),
        "due": [asdict(each) for each in outlook.due],
    }
    desk.say(value, f"{as_lines(facts)}\n\n{table}")


def _say_declared(desk: Desk, key: str, number: int) -> None:
    """Answer for what is declared, and not in the database of ``conf`` yet."""
    rows = listing.coming(listing.trigger_named(key), now=desk.now, number=number)
    refused = refusals().get(key)
    why = f"every sync refuses it: {refused}" if refused else "`schedules sync` brings it there."
    desk.tell(f"{key} is declared, and not in the database {conf.database()!r} yet; {why}")
    desk.show(rows, listing.NEXT_COLUMNS, nothing=f"{key} is never due.")
