"""A job as a message: sealed text, with all that its next attempt must know."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from tasks_core import conf, seals
from tasks_core.attempts import Attempt
from tasks_core.calls import Call

SALT = "celery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """
    One job. ``number`` is that of the attempt to come, from 1.

    A message that ``waits`` for ``run_after`` never runs itself: the server may hand it out,
    take it back and hand it out again while it waits, which would look like attempts that were
    lost. It is sent once more when its time has come.
    """

    id: UUID
    backend: str  # an alias of JOBS
    task: str
    args: list[Any]
    kwargs: dict[str, Any]
    queue: str
    priority: int
    max_attempts: int
    run_after: datetime
    waits: bool
    number: int = 1
    timeout: timedelta | None = None
    expires_at: datetime | None = None
    label: str = ""
    creator: str = ""
    context: dict[str, Any] = field(default_factory=dict)
    errors: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def of(cls, call: Call, *, backend: str, now: datetime) -> "Message":
        """Return the first message of a checked call, which has an id."""
        said = call.options()
        return cls(
            backend=backend,
            task=call.func.name,
            args=list(call.args),
            kwargs=dict(call.kwargs),
            run_after=call.when if isinstance(call.when, datetime) else now,
            waits=call.when is not None,
            max_attempts=said["max_attempts"] or conf.get("MAX_ATTEMPTS"),
            context=dict(said["context"]),
            **{name: said[name] for name in _AS_SAID},
        )

    def attempt(self) -> Attempt:
        return Attempt(
            job_id=self.id,
            **{name: getattr(self, name) for name in _AS_ATTEMPTED},
        )

    def but(self, **changes: Any) -> "Message":
        return replace(self, **changes)

    def sealed(self) -> tuple[str, str]:
        """Return the text of the message, and its seal."""
        told = {name: _converted(WRITE, name, value) for name, value in asdict(self).items()}
        text = json.dumps(told, separators=(",", ":"))
        return text, seals.seal(text, salt=SALT)


_AS_SAID = ("id", "queue", "priority", "timeout", "expires_at", "label", "creator")
_AS_ATTEMPTED = (
    *("task", "args", "kwargs", "queue", "priority", "number", "max_attempts"),
    *("errors", "context", "run_after", "timeout"),
)

Convert = Callable[[Any], Any]
WRITE: Mapping[str, Convert] = {
    "id": str,
    "run_after": datetime.isoformat,
    "timeout": timedelta.total_seconds,
    "expires_at": datetime.isoformat,
}
READ: Mapping[str, Convert] = {
    "id": UUID,
    "run_after": datetime.fromisoformat,
    "timeout": lambda seconds: timedelta(seconds=seconds),
    "expires_at": datetime.fromisoformat,
}


def opened(parts: Any) -> Message | None:
    """Return the message of these two texts, or None unless this project has sealed it."""
    match parts:
        case [str(text), str(seal)] if seals.is_sealed(text, seal, salt=SALT):
            told = json.loads(text)
            return Message(**{name: _converted(READ, name, told[name]) for name in told})
    return None


def _converted(by: Mapping[str, Convert], name: str, value: Any) -> Any:
    return by[name](value) if name in by and value is not None else value
