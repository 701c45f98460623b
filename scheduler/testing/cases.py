"""For unittest: what the fixture is for pytest."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from scheduler.testing.kit import Schedules

if TYPE_CHECKING:
    from scheduler.testing.travel import TravelClock

T = TypeVar("T")


class _TestCase(Protocol):
    schedules: Schedules

    def enterContext(self, context: AbstractContextManager[T]) -> T: ...  # noqa: N802  unittest's


class SchedulesMixin:
    """
    Mix into a TestCase or TransactionTestCase: ``self.schedules``, and a ``travel`` for it.

    A mixin, because which of the two is the test's own choice.
    """

    schedules = Schedules()

    def travel(self: _TestCase, *args: Any, **kwargs: Any) -> TravelClock:
        """Begin a journey that lasts until the test ends; ``schedules.travel()`` says the rest."""
        return self.enterContext(self.schedules.travel(*args, **kwargs))
