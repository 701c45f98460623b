"""Checks of schedules that run management commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register

from scheduler.checks.entries import TAG, known
from scheduler.definitions.entry import Declaration
from tasks_core.checks.settings import check_tuning as check_tasks_core

RUN_COMMAND = "tasks_core.contrib.commands.tasks.run_command"


@register(TAG)
def check_commands(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """E017: a schedule runs a management command that TASKS_CORE["COMMANDS"] does not name."""
    if check_tasks_core():
        return []  # it says what is wrong with that setting
    return [message for each in known() if each.task == RUN_COMMAND for message in _command(each)]


def _command(declaration: Declaration) -> Iterator[CheckMessage]:
    from tasks_core.contrib.commands.named import why_not

    if declaration.args_from or declaration.kwargs_from:
        return  # not known before it is due
    name = next(iter(declaration.args), declaration.kwargs.get("name"))
    if name is not None and (why := why_not(name)):  # without a name it is no call: E007
        yield Error(f"Schedule {declaration.key!r}: {why}", id="tasks_scheduler.E017")
