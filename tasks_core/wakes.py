"""What a sleeping worker may hear, and who listens for it: values, pure."""

from enum import Flag, auto
from typing import Protocol


class Wake(Flag):
    """What a worker should look for now."""

    JOBS = auto()  # jobs may have become claimable
    DEFERRED = auto()  # one may be due earlier than the next we know of
    CANCEL = auto()  # somebody may want a running one stopped

    NOTHING = 0
    EVERYTHING = JOBS | DEFERRED | CANCEL


class CannotListen(Exception):
    """The database cannot tell us anything, now or later; the text says why."""


class Listener(Protocol):
    """Hears of commits that may concern one worker. All but ``interrupt`` is for one thread."""

    echo: float
    """How many seconds after something was heard there may be more, of which nobody tells."""

    def open(self) -> None:
        """Connect. Raises CannotListen, or what the database raises while it is away."""

    def wait(self, seconds: float) -> Wake:
        """Return what was heard as soon as it is, or NOTHING after ``seconds`` or sooner."""

    def expect_more(self) -> None:
        """Take note that there was work a moment ago, so that more is likely."""

    def interrupt(self) -> None:
        """Let ``wait`` return at once, now and ever after; callable from any thread."""

    def close(self) -> None:
        """Disconnect; it may be opened again."""
