"""For pytest: the fixture ``schedules``. Loaded by itself; imports nothing until it is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from scheduler.testing.kit import Schedules


@pytest.fixture
def schedules(db: None) -> Schedules:
    """Travel in time and ask what was due: ``with schedules.travel("2026-10-25") as clock: …``."""
    from scheduler.testing.kit import Schedules

    return Schedules()
