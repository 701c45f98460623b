"""What a task may raise to say more than that it failed."""

from typing import Any


class BackgroundTaskError(Exception):
    """Base class of the errors of background tasks."""

    def __init__(self, message: str, errors: Any = None) -> None:
        super().__init__(message)
        self.errors = errors


class InvalidTaskError(BackgroundTaskError):
    """Raise it in a task that would fail again: it is not tried again."""
