"""Storing and running: what was asked for happens, once, with its arguments."""

from asgiref.sync import async_to_sync

from tasks_core.calls import Call
from tasks_core.testing import jobs
from tasks_core.testing.conformance.base import Conformance, requires


class Storing(Conformance):
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
