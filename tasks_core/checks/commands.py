"""Checks of the management commands that may run as jobs."""

from typing import Any

from django.core.checks import CheckMessage, register
from django.core.checks import Warning as CheckWarning
from django.core.management import get_commands

from tasks_core import conf
from tasks_core.checks.settings import TAG, check_tuning


@register(TAG)
def check_commands(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """W005: COMMANDS names a management command that there is not."""
    if check_tuning() or not conf.get("COMMANDS"):
        return []
    known = get_commands()
    return [
        CheckWarning(
            f'TASKS_CORE["COMMANDS"] names {name!r:.80}, and manage.py has no such command.',
            hint=conf.did_you_mean(name, known).strip(),
            id="tasks_core.W005",
        )
        for name in conf.get("COMMANDS")
        if name not in known
    ]
