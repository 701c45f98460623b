"""What the supervisor was asked to do: numbers, and the command that starts one worker."""

import json
from dataclasses import asdict, dataclass

VARIABLE = "TASKS_CORE_CHILD"
"""
Tells a process that it is a worker of a supervisor, and which.

In the environment and not among the arguments, because a project's own script may start the
command with arguments that are not those of the process.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Durations are seconds, memory is bytes."""

    command: list[str]
    processes: int = 1
    lease: float = 60.0
    grace: float = 30.0
    tell_grace: float = 5.0
    max_memory: int | None = None
    duration: float | None = None
    health_file: str | None = None

    @property
    def hung_after(self) -> float:
        """Return how long a process may be silent: half a lease, so that it ends before that."""
        return max(self.lease / 2, 2.0)

    def dump(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def load(cls, text: str) -> "Plan":
        return cls(**json.loads(text))
