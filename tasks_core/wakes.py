"""What a sleeping worker may hear, and who listens for it: values, pure."""

from enum import Flag, auto
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tasks_core.attempts import Attempt


class Wake(Flag):
    """What a worker should look for now."""

    JOBS = auto()  # jobs may have become claimable
    DEFERRED = auto()  # one may be due earlier than the next we know of
    CANCEL = auto()  # somebody may want a running one stopped
    STRAYS = auto()  # what was handed to us may have been lost on its way

    NOTHING = 0
    EVERYTHING = JOBS | DEFERRED | CANCEL


class CannotListen(Exception):
    """The database cannot tell us anything, now or later; the text says why."""


class Listener(Protocol):
    """Hears of commits that may concern one worker. All but ``interrupt`` is for one thread."""

    echo: float
    """How many seconds after something was heard there may be more, of which nobody tells."""

    hands_out: bool
    """Whether what comes is claimed for those that wait, who must have told how much they take."""

    def open(self) -> None:
        """Connect. Raises CannotListen, or what the database raises while it is away."""

    def wait(self, seconds: float) -> Wake:
        """Return what was heard as soon as it is, or NOTHING after ``seconds`` or sooner."""

    def taken(self) -> "list[Attempt]":
        """Return the claimed jobs that came with what was heard; callable from any thread."""

    def expect_more(self) -> None:
        """Take note that there was work a moment ago, so that more is likely."""

    def interrupt(self) -> None:
        """Let ``wait`` return at once, now and ever after; callable from any thread."""

    def close(self) -> None:
        """Disconnect; it may be opened again."""
