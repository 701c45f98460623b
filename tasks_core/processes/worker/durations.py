"""How long the jobs of each task take, as this process has seen it."""

from collections.abc import Sequence

from tasks_core.attempts import Attempt

SHORT = 0.02  # seconds: below it a job may be claimed before a slot is free
ENOUGH = 3  # runs before anything is believed
WEIGHT = 0.2  # of the newest run in the mean
WORTH = 0.05  # seconds of work that may wait in the process
MOST = 200  # jobs that may
TINY = 0.001  # seconds: below it threads that take turns cost more than they gain


class Durations:
    """Knows the tasks that are short, and how many of their jobs to claim ahead."""

    def __init__(self) -> None:
        self.short: frozenset[str] = frozenset()
        self._means: dict[str, float] = {}
        self._runs: dict[str, int] = {}

    def note(self, task: str, seconds: float) -> None:
        """Take one more run into account. One long run is believed at once."""
        mean = self._means.get(task, seconds)
        mean = self._means[task] = mean + WEIGHT * (seconds - mean)
        runs = self._runs[task] = self._runs.get(task, 0) + 1
        is_short = mean < SHORT and seconds < SHORT and runs >= ENOUGH
        if is_short != (task in self.short):
            self.short = self.short ^ {task}

    def ahead(self) -> int:
        """Return how many jobs of short tasks may wait here: some tens of milliseconds' worth."""
        if not self.short:
            return 0
        longest = max(self._means[task] for task in self.short)
        return min(MOST, int(WORTH / max(longest, 1e-6)))

    def is_long(self, attempt: Attempt) -> bool:
        """Say whether the end of this one is not to be waited for."""
        return attempt.task not in self.short or attempt.watch.seconds > SHORT

    def are_tiny(self, attempts: Sequence[Attempt]) -> bool:
        """Say whether all of them are of tasks that end at once."""
        return all(
            attempt.task in self.short and self._means[attempt.task] < TINY for attempt in attempts
        )
