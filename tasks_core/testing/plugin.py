"""For pytest: what ``tasks_core.testing`` offers, as fixtures. Loaded by itself."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from tasks_core.testing.own_functions import allow_own_functions

allow_own_functions()


@pytest.fixture
def frozen_clock() -> Iterator[Any]:
    """Time stands still at noon, 2026-01-01 UTC, until the test moves it."""
    from tasks_core.testing.clock import FrozenClock

    with FrozenClock(datetime(2026, 1, 1, 12, tzinfo=UTC)) as clock:
        yield clock


@pytest.fixture
def drain_jobs() -> Callable[..., Any]:
    """Run everything due, here and now: ``drain_jobs()``."""
    from tasks_core.testing.drain import drain

    return drain
