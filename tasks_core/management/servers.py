"""What a process says at its start of the server that keeps its jobs."""

from collections.abc import Callable
from typing import Any

from django.core.checks import ERROR, CheckMessage
from django.core.management.base import CommandError

from tasks_core.backends.base import BaseJobBackend


def tell_of_server(
    backend: BaseJobBackend, *, say: Callable[[str], Any], quietly: bool = False
) -> None:
    """
    Leave with 2 where jobs would be lost; say what else is wrong, unless ``quietly``.

    A server that is away is no reason to leave: a worker waits for it.
    """
    found = backend.check_server()
    if errors := [message for message in found if message.level >= ERROR]:
        raise CommandError("\n".join(map(_line, errors)), returncode=2)
    for message in () if quietly else found:
        say(_line(message))


def _line(message: CheckMessage) -> str:
    return f"{message.msg}\n  {message.hint}"
