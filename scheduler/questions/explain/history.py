"""Why a schedule had no definition at an instant: not known yet, off, retired, renamed, deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from scheduler.models import Definition, OperatorAction, Schedule
from scheduler.questions.explain.moments import utc

ABOUT = timedelta(seconds=5)  # an act and what it did are this close


def off(
    alias: str,
    stored: Sequence[Definition],
    schedule: Schedule | None,
    *,
    at: datetime,
) -> str:
    """Return why nothing was due at an instant that no version of the definition governs."""
    if not stored:
        return _never_on(schedule)
    if at <= stored[0].since:
        since = schedule.known_since if schedule else stored[0].since
        return f"The schedule was first seen at {utc(since)}; nothing before was ever due."
    ended = [each for each in stored if each.until is not None and each.until < at]
    since = max((each.until for each in ended if each.until), default=stored[0].since)
    again = min((each.since for each in stored if each.since >= at), default=None)
    until = f" until {utc(again)}" if again else ""
    return f"The schedule was off since {utc(since)}{until}: {_why(alias, schedule, since)}."


def _never_on(schedule: Schedule | None) -> str:
    if schedule is not None and schedule.renamed_to:
        return f"It is called {schedule.renamed_to!r} now, and so is its ledger: ask for that."
    return "The schedule was never on."


def _why(alias: str, schedule: Schedule | None, since: datetime) -> str:
    key = schedule.key if schedule else ""
    acts = OperatorAction.objects.using(alias).filter(
        at__gte=since - ABOUT, at__lte=since + ABOUT, schedule_key=key
    )
    act = acts.first() if key else None
    if act is not None:
        why = f" ({act.reason})" if act.reason else ""
        return f"{act.verb} by {act.by}{why}"
    if schedule is None:
        return "it was deleted"
    if schedule.retired_at is not None and abs(schedule.retired_at - since) <= ABOUT:
        return "it is not declared any more"
    return "it was disabled, or not declared"
