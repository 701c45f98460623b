"""Every backend of ours against the one suite."""

from collections.abc import Sequence

from django.test import TestCase

from tasks_core.testing import BackendConformance


class DatabaseConformance(BackendConformance, TestCase):
    alias = "default"


class QueueInItsOwnDatabaseConformance(BackendConformance, TestCase):
    alias = "queue"
    databases: Sequence[str] = {"default", "queue"}  # type: ignore[assignment]


class ImmediateConformance(BackendConformance, TestCase):
    alias = "immediate"

    def run_all_jobs(self) -> None:
        """They ran inside the calls."""


class DummyConformance(BackendConformance, TestCase):
    alias = "dummy"

    def run_all_jobs(self) -> None:
        self.skipTest("the dummy backend runs nothing")
