import os
from datetime import datetime

from django.apps import AppConfig


class TestAppConfig(AppConfig):
    name = "tests.app"
    label = "app"

    def ready(self) -> None:
        """Install a simulated clock in a child process: TEST_CLOCK="2026-01-01T00:00:00Z 100"."""
        if clock := os.environ.get("TEST_CLOCK"):
            from tasks_core.testing.clock import ScaledClock

            origin, factor = clock.split()
            ScaledClock(datetime.fromisoformat(origin), float(factor)).install()
