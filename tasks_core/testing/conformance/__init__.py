"""One suite for every backend. What a backend does not define is skipped, and says so."""

from tasks_core.testing.conformance.base import requires
from tasks_core.testing.conformance.ending import Ending
from tasks_core.testing.conformance.limiting import Limiting
from tasks_core.testing.conformance.refusing import Refusing
from tasks_core.testing.conformance.storing import Storing
from tasks_core.testing.conformance.waiting import Waiting

__all__ = ["BackendConformance", "requires"]


class BackendConformance(Storing, Refusing, Ending, Waiting, Limiting):
    """
    Mix into a Django TestCase and set ``alias`` to the backend's alias in JOBS.

    A backend that our worker does not serve overrides ``run_all_jobs``.
    """
