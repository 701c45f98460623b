"""Every backend of ours against the one suite."""

from collections.abc import Sequence
from unittest import mock, skipUnless

from django.test import TestCase, TransactionTestCase, override_settings

from tasks_core.testing import BackendConformance
from tests.joined import has_framework, joined, run_all_in_tasks_db, tasks_db
from tests.tasks_core.celery import inline, project
from tests.tasks_core.redis_keys import empty

with_tasks = skipUnless(has_framework(), "there is no Tasks framework")


class DatabaseConformance(BackendConformance, TestCase):
    alias = "default"


class QueueInItsOwnDatabaseConformance(BackendConformance, TestCase):
    alias = "queue"
    databases: Sequence[str] = {"default", "queue"}  # type: ignore[assignment]


class RedisConformance(BackendConformance, TestCase):
    alias = "redis"

    def setUp(self) -> None:
        super().setUp()
        empty(self.alias)


class ImmediateConformance(BackendConformance, TestCase):
    alias = "immediate"

    def run_all_jobs(self) -> None:
        """They ran inside the calls."""


class DummyConformance(BackendConformance, TestCase):
    alias = "dummy"

    def run_all_jobs(self) -> None:
        self.skipTest("the dummy backend runs nothing")


CELERY = {
    "BACKEND": "tasks_core.backends.celery.CeleryBackend",
    # Nothing commits in a TestCase.
    "OPTIONS": {"app": project.PATH, "on_commit": False},
}


@override_settings(JOBS={"default": CELERY})
class CeleryConformance(BackendConformance, TestCase):
    """In memory; how real servers and workers do is tested beside."""

    alias = "default"

    def setUp(self) -> None:
        self.app = project.make_app("memory://", results="cache+memory://")
        changed = mock.patch.object(project, "app", self.app)
        changed.start()
        self.addCleanup(changed.stop)
        super().setUp()
        self.run_all_jobs()  # what tests that ran before left in memory

    def run_all_jobs(self) -> None:
        inline.run_all(self.app)


@with_tasks
class TasksAliasConformance(BackendConformance, TestCase):
    """A backend of TASKS that runs its tasks at once."""

    alias = "now"

    def setUp(self) -> None:
        self.enterContext(joined(now="default"))
        super().setUp()

    def run_all_jobs(self) -> None:
        """They ran inside the calls."""


@with_tasks
class TasksDummyConformance(BackendConformance, TestCase):
    alias = "dummies"

    def setUp(self) -> None:
        self.enterContext(joined(dummies="dummy"))
        super().setUp()

    def run_all_jobs(self) -> None:
        self.skipTest("the dummy backend of Django runs nothing")


@with_tasks
class TasksDBConformance(BackendConformance, TransactionTestCase):
    """A backend of TASKS with a worker of its own."""

    alias = "db"

    def setUp(self) -> None:
        self.enterContext(tasks_db())
        super().setUp()

    def run_all_jobs(self) -> None:
        run_all_in_tasks_db()
