"""What only the database knows, asked where it is named: ``check --database default``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core import checks
from django.core.checks import CheckMessage, Tags, register

from scheduler import calendars, conf
from scheduler.checks.entries import known
from scheduler.definitions.entry import Declaration
from scheduler.exceptions import InvalidSchedule


@register(Tags.database)
def check_calendar_names(
    app_configs: Any = None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """W015: a schedule names a calendar that is neither in the settings nor in the database."""
    if conf.problems() or conf.database() not in set(databases or ()):
        return []
    with calendars.remembered():
        problems = {each.key: _problem(each) for each in known() if each.calendar}
    # No error: migrate asks, too, and what it is about to do may be to make that calendar.
    return [
        checks.Warning(
            f"Schedule {key!r}: {problem}",
            hint="Until there is one, a sync refuses the schedule, and a row of it stays as it is.",
            id="tasks_scheduler.W015",
        )
        for key, problem in problems.items()
        if problem
    ]


def _problem(declaration: Declaration) -> str:
    try:
        declaration.definition()
    except InvalidSchedule as error:
        return "" if error.__cause__ else str(error)  # a database without tables has no opinion
    return ""
