"""Waiting: later, earlier than others, again, or never."""

from datetime import UTC, datetime, timedelta

from tasks_core.exceptions import InvalidCall
from tasks_core.states import JobState
from tasks_core.testing import jobs
from tasks_core.testing.clock import FrozenClock
from tasks_core.testing.conformance.base import Conformance, requires

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Waiting(Conformance):
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
        result = self.ended(self.enqueue(jobs.remember_context, ["tea"]))

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
