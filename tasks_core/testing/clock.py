"""Time that tests control: stopped, or faster."""

from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from tasks_core import clock


class _Installed:
    """A transform that is in force inside its ``with`` block."""

    _outer: clock.Transform

    def __enter__(self) -> Self:
        self.install()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        clock.transform = self._outer

    def install(self) -> None:
        """Put this clock in force for good, as a process under test does at its start."""
        self._outer = clock.transform
        clock.transform = self  # type: ignore[assignment]


class FrozenClock(_Installed):
    """
    Time stands still at ``moment`` until ``advance()`` or ``move_to()``.

    Only decisions see it; leases and waits keep the real time.
    """

    def __init__(self, moment: datetime) -> None:
        if moment.tzinfo is None:
            raise ValueError(f"FrozenClock needs an aware datetime, not {moment!r}.")
        self.moment = moment.astimezone(UTC)

    def advance(self, **delta: float) -> None:
        """Let time pass: ``clock.advance(minutes=5)``."""
        self.moment += timedelta(**delta)

    def move_to(self, moment: datetime) -> None:
        self.moment = moment.astimezone(UTC)

    def apply(self, moment: datetime) -> datetime:
        return self.moment

    def real_seconds(self, delta: timedelta) -> float:
        return delta.total_seconds()


class ScaledClock(_Installed):
    """Time runs ``factor`` times as fast from the instant ``origin`` on."""

    def __init__(self, origin: datetime, factor: float) -> None:
        self.origin = origin.astimezone(UTC)
        self.factor = factor

    def apply(self, moment: datetime) -> datetime:
        return self.origin + (moment - self.origin) * self.factor

    def real_seconds(self, delta: timedelta) -> float:
        return delta.total_seconds() / self.factor
