"""Ending: whatever a job does, its result says how it ended."""

from tasks_core.exceptions import ResultNotReady
from tasks_core.states import JobState
from tasks_core.testing import jobs
from tasks_core.testing.conformance.base import Conformance, requires


class Ending(Conformance):
    @requires("enqueue")
    def test_a_result_ends_with_the_return_value(self) -> None:
        result = self.enqueue(jobs.remember, ["tea"])
        result = self.ended(result)

        assert (result.status, result.return_value) == (JobState.SUCCESSFUL, "tea")
        assert (result.attempts, result.errors) == (1, [])

    @requires("enqueue")
    def test_a_return_value_before_the_end_is_an_error(self) -> None:
        result = self.enqueue(jobs.fail)
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
            result = self.ended(self.enqueue(task))

            assert result.status == JobState.FAILED, (task, result.status)
            assert words in result.errors[0].message, (task, result.errors[0].message[:200])
            assert result.errors[0].traceback, task
