"""One suite for every backend. What a backend does not define is skipped, and says so."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial, wraps
from typing import Any
from unittest import SkipTest

from asgiref.sync import async_to_sync

from tasks_core import background, job_backends
from tasks_core.calls import Call
from tasks_core.exceptions import InvalidCall, ResultNotReady, UnsupportedFeature
from tasks_core.states import JobState
from tasks_core.testing import jobs
from tasks_core.testing.clock import FrozenClock
from tasks_core.testing.drain import drain

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
REFUSED_ARGUMENTS = [
    float("nan"),
    float("inf"),
    "\0",
    "\ud800",
    {1: "one"},
    object(),
    b"bytes",
    {"a", "set"},
    datetime(2026, 1, 1, tzinfo=UTC),
    "x" * 70_000,
    10**5000,
]


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


class BackendConformance:
    """
    Mix into a Django TestCase and set ``alias`` to the backend's alias in JOBS.

    A backend that our worker does not serve overrides ``run_all_jobs``.
    """

    alias = "default"

    def setUp(self) -> None:
        super().setUp()  # type: ignore[misc]
        jobs.remembered.clear()
        self.background = background.on(self.alias)
        self.backend = job_backends[self.alias]

    def run_all_jobs(self) -> None:
        drain(self.alias)

    def ended(self, result: Any) -> Any:
        """Run everything and return ``result`` as it is afterwards."""
        self.run_all_jobs()
        if not result.is_finished:
            if not self.backend.supports("get"):
                raise SkipTest(f"{self.backend} keeps no results")
            result.refresh()
        return result

    # Storing and running.

    @requires("enqueue")
    def test_an_enqueued_call_runs_with_its_arguments(self) -> None:
        self.background.enqueue(jobs.remember, ["tea"], {"milk": True})
        self.run_all_jobs()

        assert jobs.remembered == [(("tea",), {"milk": True})]

    @requires("enqueue")
    def test_a_dotted_path_runs_too(self) -> None:
        self.background.enqueue("tasks_core.testing.jobs.remember", ["path"])
        self.run_all_jobs()

        assert jobs.remembered == [(("path",), {})]

    @requires("enqueue")
    def test_a_coroutine_function_runs_too(self) -> None:
        self.background.enqueue(jobs.remember_later, ["coroutine"])
        self.run_all_jobs()

        assert jobs.remembered == [(("coroutine",), {})]

    @requires("enqueue")
    def test_arguments_arrive_as_they_would_from_a_store(self) -> None:
        self.background.enqueue(jobs.remember, [(1, 2), {"a": (3,)}])
        self.run_all_jobs()

        assert jobs.remembered == [(([1, 2], {"a": [3]}), {})]

    @requires("enqueue")
    def test_async_twins_store_the_same_call(self) -> None:
        async_to_sync(self.background.aenqueue)(jobs.remember, ["tea"])
        self.run_all_jobs()

        assert jobs.remembered == [(("tea",), {})]

    @requires("enqueue")
    def test_many_calls_give_as_many_results(self) -> None:
        calls = [Call(jobs.remember, [number]) for number in range(5)]
        results = self.background.enqueue_many(calls)
        self.run_all_jobs()

        assert len(results) == len(calls)
        assert sorted(args[0] for args, _ in jobs.remembered) == [0, 1, 2, 3, 4]

    # Refusing.

    @requires("enqueue")
    def test_what_a_worker_could_not_find_is_refused(self) -> None:
        unfindable = [lambda: None, partial(jobs.remember, 1), [].append, "no.such.path", len, 7]
        for func in unfindable:
            self.refuses(func)

    @requires("enqueue")
    def test_what_no_store_keeps_is_refused(self) -> None:
        for value in REFUSED_ARGUMENTS:
            self.refuses(jobs.remember, [value])
        deep: Any = 0
        for _ in range(1000):
            deep = [deep]
        self.refuses(jobs.remember, [deep])

    @requires("enqueue")
    def test_options_out_of_range_are_refused(self) -> None:
        wrong = (
            {"priority": 101},
            {"priority": 1.5},
            {"queue": ""},
            {"max_attempts": 0},
            {"typo": 1},
        )
        for options in wrong:
            self.refuses(jobs.remember, **options)

    def refuses(self, func: Any, args: Any = (), **options: Any) -> None:
        try:
            self.background.enqueue(func, args, **options)
        except (InvalidCall, UnsupportedFeature):
            return
        raise AssertionError(f"accepted {func!r}, {args!r:.60}, {options!r}")

    # Ending.

    @requires("enqueue")
    def test_a_result_ends_with_the_return_value(self) -> None:
        result = self.background.enqueue(jobs.remember, ["tea"])
        result = self.ended(result)

        assert (result.status, result.return_value) == (JobState.SUCCESSFUL, "tea")
        assert (result.attempts, result.errors) == (1, [])

    @requires("enqueue")
    def test_a_return_value_before_the_end_is_an_error(self) -> None:
        result = self.background.enqueue(jobs.fail)
        for _ in range(2):
            try:
                value = result.return_value
            except ResultNotReady:
                result = self.ended(result)
            else:
                raise AssertionError(f"returned {value!r}")

    @requires("enqueue")
    def test_whatever_a_job_does_it_ends_failed_with_a_readable_reason(self) -> None:
        expected = {
            jobs.fail: "broken",
            jobs.fail_at_length: "characters left out",
            jobs.leave: "3",
            jobs.return_object: "is not JSON",
        }
        for task, words in expected.items():
            result = self.ended(self.background.enqueue(task))

            assert result.status == JobState.FAILED, (task, result.status)
            assert words in result.errors[0].message, (task, result.errors[0].message[:200])
            assert result.errors[0].traceback, task

    # Later, earlier, again.

    @requires("defer", "claim")
    def test_a_deferred_call_waits_for_its_time(self) -> None:
        with FrozenClock(NOON) as clock:
            self.background.defer(jobs.remember, ["later"], when=timedelta(hours=1))
            self.run_all_jobs()
            assert jobs.remembered == []

            clock.advance(hours=1)
            self.run_all_jobs()

        assert jobs.remembered == [(("later",), {})]

    @requires("defer")
    def test_a_deferred_call_needs_a_time(self) -> None:
        for when in (None, "tomorrow", 5):
            try:
                self.background.defer(jobs.remember, when=when)  # type: ignore[arg-type]
            except InvalidCall:
                continue
            raise AssertionError(f"accepted when={when!r}")

    @requires("claim")
    def test_higher_priority_first_then_first_come(self) -> None:
        for name, priority in (("b", 0), ("c", 0), ("d", -1), ("a", 9)):
            self.background.enqueue(jobs.remember, [name], priority=priority)
        self.run_all_jobs()

        assert [args[0] for args, _ in jobs.remembered] == ["a", "b", "c", "d"]

    @requires("claim")
    def test_a_failed_attempt_is_tried_again_until_it_succeeds(self) -> None:
        with FrozenClock(NOON) as clock:
            result = self.background.enqueue(jobs.fail_until_third)
            for _ in range(3):
                self.run_all_jobs()
                clock.advance(minutes=1)
            result.refresh()

        assert (result.status, result.return_value) == (JobState.SUCCESSFUL, 3)
        assert [error.attempt for error in result.errors] == [1, 2]

    @requires("claim")
    def test_a_snoozed_job_comes_back_with_its_attempts(self) -> None:
        with FrozenClock(NOON) as clock:
            result = self.background.enqueue(jobs.snooze_once)
            self.run_all_jobs()
            result.refresh()
            assert (result.status, result.attempts) == (JobState.SCHEDULED, 0)

            clock.advance(minutes=1)
            self.run_all_jobs()
            result.refresh()

        assert (result.return_value, result.attempts) == ("rested", 1)

    @requires("enqueue")
    def test_a_task_that_asks_is_given_its_context(self) -> None:
        result = self.ended(self.background.enqueue(jobs.remember_context, ["tea"]))

        assert result.return_value == {"attempt": 1, "queue": "default"}

    @requires("claim")
    def test_a_key_is_held_by_one_unfinished_job(self) -> None:
        first = self.background.enqueue(jobs.remember, [1], key="tea")
        second = self.background.enqueue(jobs.remember, [2], key="tea")
        self.run_all_jobs()
        third = self.background.enqueue(jobs.remember, [3], key="tea")
        self.run_all_jobs()

        assert first.id == second.id != third.id
        assert [args[0] for args, _ in jobs.remembered] == [1, 3]

    @requires("claim")
    def test_an_expired_job_never_starts(self) -> None:
        with FrozenClock(NOON) as clock:
            result = self.background.enqueue(jobs.remember, expires_at=NOON + timedelta(minutes=1))
            clock.advance(minutes=1)
            self.run_all_jobs()
            self.backend.expire()  # type: ignore[attr-defined]
            result.refresh()

        assert jobs.remembered == []
        assert (result.status, result.reason) == (JobState.CANCELLED, "expired")
