"""What becomes of one message: run, tried again, put off, expired, refused, cancelled."""

import json
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from unittest import mock

import pytest

from tasks_core import JobState, background, seals, task
from tasks_core.backends.celery import publishing
from tasks_core.exceptions import TimeLimitExceeded, UnsupportedFeature
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tasks_core.testing import jobs as kit
from tests.tasks_core.celery import inline

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def forget():
    kit.remembered.clear()


@pytest.fixture
def noon():
    with FrozenClock(NOON) as clock:
        yield clock


@task(max_attempts=3, backoff=MINUTE)
def always_fail():
    kit.remembered.append("try")
    raise RuntimeError("broken")


@task(max_attempts=2, backoff=0)
def fail_at_first():
    kit.remembered.append("try")
    if len(kit.remembered) == 1:
        raise RuntimeError("not yet")


@task(max_attempts=9, backoff=MINUTE)
def fail_deeply():
    raise RuntimeError("broken " * 2_000)


@task(max_attempts=1)
def over_time():
    from celery.exceptions import SoftTimeLimitExceeded

    raise SoftTimeLimitExceeded  # as the pool does


@task(max_attempts=1)
def leave(code):
    sys.exit(code)


class TestRunning:
    def test_the_id_of_a_job_is_that_of_its_celery_task(self, place):
        result = place.enqueue(kit.remember, ["tea"])

        [message] = place.messages()

        assert message.headers["id"] == str(result.id)
        assert "tea" not in json.dumps(message.headers)

    def test_its_signals_are_those_of_our_worker(self, place):
        result = place.enqueue(kit.remember, ["tea"])
        place.run_all()

        assert place.signals() == ["started", "ended", "settled"]
        [end] = place.ends()
        assert (end.id, end.state) == (result.id, JobState.SUCCESSFUL)
        assert place.now(result) == JobState.SUCCESSFUL
        assert result.return_value == "tea"
        assert not Job.objects.exists()

    def test_without_results_nothing_is_known_of_it(self, silent):
        result = silent.enqueue(kit.remember, ["tea"])
        silent.run_all()

        assert silent.outcomes() == ["Succeeded"]
        with pytest.raises(UnsupportedFeature, match="keeps no results"):
            result.refresh()
        with pytest.raises(UnsupportedFeature, match="keeps no results"):
            background.on("celery").get(result.id)

    def test_a_job_that_waits_for_a_worker_is_unknown(self, place):
        result = place.enqueue(kit.remember)

        assert place.now(result) == "unknown"

    def test_a_second_message_of_an_ended_job_does_not_run_it(self, place):
        place.enqueue(kit.remember, ["tea"])
        [message] = place.messages()
        for _ in range(2):
            inline.execute(place.app, message)

        assert len(kit.remembered) == 1
        assert len(place.ends()) == 2  # since whoever ended it may have died before it said so

    def test_the_control_without_results_runs_it_again(self, silent):
        silent.enqueue(kit.remember, ["tea"])
        [message] = silent.messages()
        for _ in range(2):
            inline.execute(silent.app, message)

        assert len(kit.remembered) == 2

    def test_its_progress_is_kept_with_its_end(self, place):
        result = place.enqueue(kit.count_to, [3])
        place.run_all()
        result.refresh()

        assert result.progress == (3, 3)

    @pytest.mark.parametrize(
        "option", [{"key": "tea"}, {"concurrency": ("tea", 1)}, {"rate": "1/m"}]
    )
    def test_what_needs_a_database_is_refused(self, place, option):
        with pytest.raises(UnsupportedFeature, match=next(iter(option))):
            place.enqueue(kit.remember, **option)


class TestAgain:
    def test_a_failed_attempt_is_tried_again_with_its_number_and_errors(self, place, noon):
        result = place.enqueue(kit.fail_until_third)
        for expected in (JobState.SCHEDULED, JobState.SCHEDULED, JobState.SUCCESSFUL):
            place.run_all()
            assert place.now(result) == expected
            noon.advance(minutes=1)

        assert place.attempts() == [1, 2, 3]
        assert [error.attempt for error in result.errors] == [1, 2]
        assert result.attempts == 3

    def test_it_fails_when_its_attempts_are_used_up(self, place, noon):
        result = place.enqueue(always_fail)
        for _ in range(5):
            place.run_all()
            noon.advance(minutes=1)

        assert place.now(result) == JobState.FAILED
        assert (len(kit.remembered), result.attempts, len(result.errors)) == (3, 3, 3)
        assert [end.state for end in place.ends()] == [JobState.FAILED]

    def test_what_was_raised_does_not_grow_the_message_without_end(self, place, noon):
        result = place.enqueue(fail_deeply)
        for _ in range(4):
            place.run_all()
            noon.advance(minutes=1)
        [message] = place.messages()
        result.refresh()

        assert len(message.body) < 20_000
        assert len(result.errors[-1].traceback) > 10_000  # the newest is kept whole

    def test_without_a_delay_it_is_tried_again_at_once(self, place):
        result = place.enqueue(fail_at_first)
        place.run_all()

        assert place.now(result) == JobState.SUCCESSFUL

    def test_a_snooze_uses_up_no_attempt(self, place, noon):
        result = place.enqueue(kit.snooze_once)
        place.run_all()
        assert (place.now(result), result.attempts) == (JobState.SCHEDULED, 0)
        noon.advance(minutes=1)
        place.run_all()

        assert (place.now(result), result.attempts) == (JobState.SUCCESSFUL, 1)
        assert place.attempts() == [1, 1]

    def test_a_task_that_no_worker_knows_waits_for_a_deploy(self, place, noon):
        place.enqueue(kit.remember)
        [message] = place.messages()
        text = message.payload[0][0].replace("jobs.remember", "jobs.brew")
        publish_again(place, message, text, seals.seal(text, salt="celery"))
        place.run_all()
        assert place.outcomes() == ["Snoozed"]

        for _ in range(40):
            noon.advance(minutes=5)
            place.run_all()

        [end] = place.ends()
        assert (end.state, end.reason) == (JobState.FAILED, "unknown task")

    def test_over_its_time_it_ends_as_one(self, place):
        result = place.enqueue(over_time)
        place.run_all()
        result.refresh()

        assert (result.status, result.reason) == (JobState.FAILED, "timeout")
        assert TimeLimitExceeded.__qualname__ in result.errors[0].exception

    @pytest.mark.parametrize(("code", "outcomes"), [(-241, []), (3, ["Errored"])])
    def test_a_process_that_is_told_to_exit_decides_nothing(self, place, code, outcomes):
        """Else the attempt that it sends would run beside the message that is handed out again."""
        place.enqueue(leave, [code])
        [message] = place.messages()
        with suppress(SystemExit):
            inline.execute(place.app, message)

        assert place.outcomes() == outcomes


class TestTimes:
    def test_a_deferred_job_waits(self, place, noon):
        place.defer(kit.remember, ["later"], when=timedelta(minutes=5))
        place.run_all()
        noon.advance(minutes=4)
        place.run_all()
        assert kit.remembered == []
        noon.advance(minutes=1)
        place.run_all()

        assert kit.remembered == [(("later",), {})]

    def test_no_message_waits_longer_than_a_server_lets_it(self, place, noon):
        place.defer(kit.remember, ["later"], when=timedelta(hours=1))
        waits = []
        for _ in range(6):
            [message] = place.messages()
            eta = datetime.fromisoformat(message.headers["eta"])
            noon.move_to(eta)
            waits.append(eta)
            inline.execute(place.app, message)
        place.run_all()

        assert waits == [NOON + timedelta(minutes=10 * n) for n in range(1, 7)]
        assert kit.remembered == [(("later",), {})]

    def test_what_waits_is_not_what_runs(self, place, noon):
        """Else a worker that held it until its time, and was restarted, would count as an attempt."""
        place.defer(kit.remember, ["later"], when=MINUTE)
        [message] = place.messages()
        noon.advance(minutes=1)
        message.delivery_info["redelivered"] = True
        inline.execute(place.app, message)
        place.run_all()

        assert place.attempts() == [1]
        assert place.outcomes() == ["Succeeded"]

    def test_two_jobs_with_two_times_run_in_their_order(self, place, noon):
        place.defer(kit.remember, ["second"], when=timedelta(minutes=3))
        place.defer(kit.remember, ["first"], when=timedelta(minutes=2))
        for _ in range(3):
            noon.advance(minutes=1)
            place.run_all()

        assert [args[0] for args, _ in kit.remembered] == ["first", "second"]

    def test_an_expired_job_never_starts_and_says_so(self, place, noon):
        result = place.enqueue(kit.remember, expires_at=MINUTE)
        noon.advance(minutes=1)
        place.run_all()

        assert kit.remembered == []
        assert (place.now(result), result.attempts) == (JobState.CANCELLED, 0)
        assert [end.reason for end in place.ends()] == ["expired"]

    def test_it_may_expire_before_its_time_has_come(self, place, noon):
        place.defer(kit.remember, when=timedelta(minutes=5), expires_at=timedelta(minutes=2))
        noon.advance(minutes=5)
        place.run_all()

        assert [end.reason for end in place.ends()] == ["expired"]

    def test_a_time_limit_travels_with_the_message(self, place, settings):
        settings.TASKS_CORE = {"TELL_GRACE": 2}
        place.enqueue(kit.remember, timeout=30)

        [message] = place.messages()

        assert message.headers["timelimit"] == [32.0, 30.0]


class TestLostWorkers:
    def test_a_worker_that_was_lost_counts_as_an_attempt(self, place):
        result = place.enqueue(kit.remember, ["tea"])
        lose_a_worker(place)
        place.run_all()

        assert (place.now(result), result.attempts) == (JobState.SUCCESSFUL, 2)
        assert "JobInterrupted" in result.errors[0].exception

    def test_it_is_not_started_twice_if_it_may_not_be(self, place):
        result = place.enqueue(kit.remember, ["tea"], max_attempts=1)
        lose_a_worker(place)
        place.run_all()

        assert (place.now(result), result.reason) == (JobState.FAILED, "lost")
        assert len(kit.remembered) == 0

    def test_what_had_not_begun_does_not_count(self, place):
        result = place.enqueue(kit.remember, ["tea"], max_attempts=1)
        [message] = place.messages()
        come_back(place, message)
        place.run_all()

        assert (place.now(result), result.attempts) == (JobState.SUCCESSFUL, 1)

    def test_without_results_whatever_comes_back_counts(self, silent):
        silent.enqueue(kit.remember, ["tea"], max_attempts=1)
        [message] = silent.messages()
        come_back(silent, message)

        assert [end.reason for end in silent.ends()] == ["lost"]

    def test_a_job_that_kills_its_workers_ends(self, silent):
        silent.enqueue(kit.remember, ["tea"], max_attempts=3)
        for _ in range(3):
            [message] = silent.messages()
            come_back(silent, message)

        assert [end.reason for end in silent.ends()] == ["lost"]
        assert kit.remembered == []
        assert silent.messages() == []


class TestForgeries:
    @pytest.mark.parametrize(
        "change",
        [
            lambda text, seal: [text.replace("tea", "gin"), seal],
            lambda text, seal: [text, "0" * len(seal)],
            lambda text, seal: [text],
            lambda text, seal: [{"task": "os.system"}, ["rm"]],
            lambda text, seal: [],
        ],
    )
    def test_a_message_of_somebody_else_is_refused(self, place, change, caplog):
        result = place.enqueue(kit.remember, ["tea"])
        [message] = place.messages()
        publish_again(place, message, *change(*message.payload[0]))
        place.run_all()

        assert kit.remembered == []
        assert (place.outcomes(), place.ends()) == (["Errored"], [])
        assert f"job {result.id} ended" in caplog.text
        assert "was not sealed by this project" in caplog.text
        assert place.now(result) == "unknown"  # the true message may still come

    def test_a_message_under_another_id_is_refused(self, place):
        result = place.enqueue(kit.remember, ["tea"])
        [message] = place.messages()
        publish_again(place, message, *message.payload[0], id="somebody")
        place.run_all()

        assert kit.remembered == []
        assert place.now(result) == "unknown"

    def test_the_control_that_changes_nothing_runs(self, place):
        place.enqueue(kit.remember, ["tea"])
        [message] = place.messages()
        publish_again(place, message, *message.payload[0])
        place.run_all()

        assert kit.remembered == [(("tea",), {})]

    def test_an_old_key_still_seals(self, place, settings):
        place.enqueue(kit.remember, ["tea"])
        settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "new", [settings.SECRET_KEY]
        place.run_all()

        assert kit.remembered == [(("tea",), {})]


class TestCancelling:
    def test_a_job_that_waits_is_not_run(self, place):
        result = place.enqueue(kit.remember, ["tea"])

        assert place.backend.cancel([result.id]) == (0, 1)
        place.run_all()

        assert kit.remembered == []
        assert (place.now(result), result.reason) == (JobState.CANCELLED, "cancelled")
        assert [end.state for end in place.ends()] == [JobState.CANCELLED]

    def test_one_that_ended_stays_as_it_was(self, place):
        result = place.enqueue(kit.remember, ["tea"])
        place.run_all()
        place.backend.cancel([result.id])

        assert place.now(result) == JobState.SUCCESSFUL


class TestTroubles:
    def test_results_that_nobody_takes_keep_no_job_from_running(self, place, monkeypatch, caplog):
        def away(*args, **kwargs):
            raise OSError("nobody there")

        monkeypatch.setattr(place.app.backend, "store_result", away)
        monkeypatch.setattr(place.app.backend, "get_task_meta", away)
        place.enqueue(kit.remember, ["tea"])
        place.run_all()

        assert len(kit.remembered) == len(place.ends()) == 1
        assert "could not be stored as a result" in caplog.text

    def test_an_attempt_that_cannot_be_sent_leaves_its_message_there(
        self, silent, monkeypatch, caplog
    ):
        def away(*args, **kwargs):
            raise OSError("nobody there")

        monkeypatch.setattr("tasks_core.backends.celery.task.PAUSE", 0)
        silent.enqueue(fail_at_first)
        [message] = silent.messages()
        monkeypatch.setattr("tasks_core.backends.celery.running.publish", away)
        inline.execute(silent.app, message)

        assert "reject requeue=True: nobody there" in caplog.text


def lose_a_worker(place):
    """Begin the job that waits, and never end it."""
    [message] = place.messages()
    dies = mock.patch("tasks_core.executor.execute", side_effect=SystemExit)
    with dies, pytest.raises(SystemExit):
        inline.execute(place.app, message)
    come_back(place, message)


def come_back(place, message):
    """Deliver a message again, as a server does when its worker is gone."""
    message.delivery_info["redelivered"] = True
    inline.execute(place.app, message)


def publish_again(place, message, *parts, id=None):  # noqa: A002 - Celery's word
    place.app.send_task(
        publishing.TASK, args=parts, task_id=id or message.headers["id"], queue="default"
    )
