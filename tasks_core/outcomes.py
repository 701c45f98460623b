"""How one attempt ended, as a value."""

import traceback as tracebacks
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

MAX_MESSAGE = 2_000
MAX_TRACEBACK = 20_000
LOST = "lost"  # the reason of a job whose process ended before it did
FORGED = "forged"  # the reason of a job that is not as this project stored it
UNKNOWN_TASK = "unknown task"  # the reason of a job whose task no worker knew in time


class Snooze(Exception):
    """Raise it in a task to run the same job again later, without using up an attempt."""

    def __init__(self, delay: timedelta | float) -> None:
        self.delay = delay if isinstance(delay, timedelta) else timedelta(seconds=delay)
        super().__init__(f"snoozed for {self.delay}")


@dataclass(frozen=True, slots=True)
class AttemptError:
    """What is kept of an exception: text that every database can store."""

    exception: str  # dotted path of the class
    message: str
    traceback: str
    attempt: int = 0
    at: str = ""  # ISO 8601, UTC

    @classmethod
    def of(
        cls, error: BaseException, *, attempt: int = 0, at: datetime | None = None
    ) -> "AttemptError":
        kind = type(error)
        return cls(
            exception=storable(f"{kind.__module__}.{kind.__qualname__}", 255),
            message=storable(_told(error), MAX_MESSAGE),
            traceback=storable(_traced(error), MAX_TRACEBACK, keep_end=True),
            attempt=attempt,
            at=at.isoformat() if at else "",
        )

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Succeeded:
    value: Any = None


@dataclass(frozen=True, slots=True)
class Errored:
    error: AttemptError
    retry_in: timedelta | None = None  # None: another attempt would end the same way
    reason: str = "error"
    cause: BaseException | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Snoozed:
    delay: timedelta
    error: AttemptError | None = None  # why the job could not be begun here and now


@dataclass(frozen=True, slots=True)
class Cancelled:
    reason: str = "cancelled"


Outcome = Succeeded | Errored | Snoozed | Cancelled


def storable(text: str, limit: int, *, keep_end: bool = False) -> str:
    """Return ``text`` without what some database refuses (NUL, surrogates, megabytes)."""
    if len(text) > limit:
        cut = f"[{len(text) - limit} characters left out]"
        text = f"{cut} {text[-limit:]}" if keep_end else f"{text[:limit]} {cut}"
    return text.replace("\0", "\\x00").encode("utf-8", "backslashreplace").decode()


def _told(error: BaseException) -> str:
    try:
        return str(error)
    except BaseException:  # noqa: BLE001 - a broken __str__ must not keep the job from being settled
        return f"<{type(error).__name__} whose text cannot be read>"


def _traced(error: BaseException) -> str:
    try:
        return "".join(tracebacks.format_exception(error))
    except BaseException:  # noqa: BLE001 - as above
        return ""
