import os

from django.apps import AppConfig


class FaultsConfig(AppConfig):
    name = "tests.faults"
    label = "faults"

    def ready(self) -> None:
        """Let clocks go wrong in a child process, as its environment says."""
        from tests.faults.kit import clocks

        if told := os.environ.get("FAULT_DATABASE_CLOCK"):
            clocks.SteppedClock.told(told).install()
        if told := os.environ.get("FAULT_PROCESS_CLOCK"):
            clocks.mislead_this_process(told)
