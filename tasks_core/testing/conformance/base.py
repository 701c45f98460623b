"""What every part of the suite needs: the backend, a way to run its jobs, a way to skip."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from unittest import SkipTest

from tasks_core import JobResult, background, job_backends
from tasks_core.exceptions import UnsupportedFeature
from tasks_core.testing import jobs
from tasks_core.testing.drain import drain
from tasks_core.testing.own_functions import allow_own_functions


def requires(*modes: str) -> Callable[[Any], Any]:
    """Skip a test, saying why, on a backend that does not define all of ``modes``."""

    def decorate(test: Any) -> Any:
        @wraps(test)
        def run(self: Any) -> None:
            backend = job_backends[self.alias]
            missing = [mode for mode in modes if not backend.supports(mode)]
            if missing:
                raise SkipTest(f"{backend} defines no {', '.join(missing)}")
            test(self)

        return run

    return decorate


class Conformance:
    """The tests' own words. A backend that our worker does not serve overrides two of them."""

    alias = "default"

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        allow_own_functions()
        jobs.remembered.clear()
        self.background = background.on(self.alias)
        self.backend = job_backends[self.alias]

    def run_all_jobs(self) -> None:
        drain(self.alias)

    def enqueue(self, func: Any, args: Any = (), **options: Any) -> JobResult:
        """Store a call; skip where the backend cannot take what the test's task declares."""
        try:
            return self.background.enqueue(func, args, **options)
        except UnsupportedFeature as error:
            raise SkipTest(str(error)) from error

    def ended(self, result: Any) -> Any:
        """Run everything and return ``result`` as it is afterwards."""
        self.run_all_jobs()
        if not result.is_finished:
            if not self.backend.supports("get"):
                raise SkipTest(f"{self.backend} keeps no results")
            result.refresh()
        return result
