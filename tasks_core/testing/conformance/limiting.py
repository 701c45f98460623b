"""Limits and control: how many at once, how often, not now, not at all."""

from datetime import UTC, datetime, timedelta
from typing import Any

from tasks_core.outcomes import Succeeded
from tasks_core.states import JobState
from tasks_core.testing import jobs
from tasks_core.testing.clock import FrozenClock
from tasks_core.testing.conformance.base import Conformance, requires

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Limiting(Conformance):
    @requires("claim", "admit_all")
    def test_no_more_are_handed_out_than_may_run_at_once(self) -> None:
        backend: Any = self.backend
        for number in range(4):
            self.background.enqueue(jobs.remember, [number], concurrency=("tea", 2))
        owner = backend.register(kind="worker", queues=None, concurrency=9).pk

        first = self._admitted(owner)
        assert len(first) == 2  # noqa: PLR2004 - as declared
        assert self._admitted(owner) == []

        backend.settle([(first[0], Succeeded())])
        assert len(self._admitted(owner)) == 1

    @requires("claim", "admit_all")
    def test_jobs_that_must_wait_for_each_other_all_run_in_order(self) -> None:
        for number in range(5):
            self.background.enqueue(jobs.remember, [number], concurrency=("tea", 1))
        self.run_all_jobs()

        assert [args[0] for args, _ in jobs.remembered] == [0, 1, 2, 3, 4]

    @requires("claim", "admit_all")
    def test_a_snoozed_job_lets_others_with_its_key_run(self) -> None:
        with FrozenClock(NOON):
            self.background.enqueue(jobs.snooze_once, concurrency=("tea", 1))
            self.background.enqueue(jobs.remember, ["other"], concurrency=("tea", 1))
            self.run_all_jobs()

        assert jobs.remembered == ["try", (("other",), {})]

    @requires("claim", "admit_all")
    def test_a_job_with_a_limit_is_tried_again_until_it_succeeds(self) -> None:
        with FrozenClock(NOON) as clock:
            result = self.background.enqueue(jobs.fail_until_third, concurrency=("tea", 1))
            for _ in range(3):
                self.run_all_jobs()
                clock.advance(minutes=1)
            result.refresh()

        assert result.status == JobState.SUCCESSFUL

    @requires("claim", "admit_all")
    def test_no_more_start_than_the_rate_allows(self) -> None:
        with FrozenClock(NOON) as clock:
            for number in range(3):
                self.background.enqueue(jobs.remember_slowly, [number])
            counts = []
            for _ in range(4):
                self.run_all_jobs()
                counts.append(len(jobs.remembered))
                clock.advance(seconds=20)

        assert counts == [1, 1, 2, 2]

    @requires("claim", "admit_all")
    def test_an_expired_job_that_waits_for_a_limit_never_starts(self) -> None:
        with FrozenClock(NOON) as clock:
            result = self.background.enqueue(
                jobs.remember, expires_at=NOON + timedelta(minutes=1), concurrency=("tea", 1)
            )
            clock.advance(minutes=1)
            self.run_all_jobs()
            self.backend.expire()  # type: ignore[attr-defined]
            result.refresh()

        assert jobs.remembered == []
        assert (result.status, result.reason) == (JobState.CANCELLED, "expired")

    @requires("claim", "pause_queue")
    def test_a_paused_queue_rests_until_it_is_resumed(self) -> None:
        backend: Any = self.backend
        assert backend.pause_queue("mail")
        for queue in ("mail", "other"):
            self.background.enqueue(jobs.remember, [queue], queue=queue)

        self.run_all_jobs()
        assert jobs.remembered == [(("other",), {})]
        assert backend.paused_queues() == {"mail"}

        assert backend.resume_queue("mail")
        self.run_all_jobs()
        assert jobs.remembered[1:] == [(("mail",), {})]

    @requires("claim", "cancel")
    def test_a_cancelled_job_never_starts(self) -> None:
        result = self.background.enqueue(jobs.remember)

        assert self.backend.cancel([result.id]) == (1, 0)  # type: ignore[attr-defined]
        self.run_all_jobs()
        result.refresh()

        assert jobs.remembered == []
        assert (result.status, result.reason) == (JobState.CANCELLED, "cancelled")

    @requires("claim", "cancel", "cancel_requests")
    def test_a_running_job_is_asked_to_stop(self) -> None:
        backend: Any = self.backend
        self.background.enqueue(jobs.remember)
        owner = backend.register(kind="worker", queues=None, concurrency=1).pk
        [attempt] = backend.claim(owner=owner, limit=1)

        assert backend.cancel([attempt.job_id]) == (0, 1)
        assert backend.cancel_requests(owner) == [(attempt.job_id, attempt.fence)]

        assert backend.release([attempt]) == 1  # instead of running it again:
        assert backend.get(attempt.job_id).status == JobState.CANCELLED

    @requires("claim", "report_progress")
    def test_a_job_says_how_far_it_is(self) -> None:
        result = self.background.enqueue(jobs.count_to, [3])
        self.run_all_jobs()
        result.refresh()

        assert result.progress == (3, 3)

    def _admitted(self, owner: Any) -> list[Any]:
        backend: Any = self.backend
        backend.admit_all()  # in the transaction of a TestCase nothing is committed
        claimed: list[Any] = backend.claim(owner=owner, limit=9)
        return claimed
