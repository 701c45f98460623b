"""Durable calls: committed with the rows they belong to, handed over later, once if possible."""

from datetime import UTC, datetime, timedelta
from importlib import import_module

import pytest
from django.core.management import call_command
from django.db import connections, transaction
from django.test import override_settings

from tasks_core import Call, background, job_backends, outbox, registry
from tasks_core.backends.dummy import DummyBackend
from tasks_core.exceptions import InvalidCall, JobDoesNotExist
from tasks_core.models import Job, Outbox
from tasks_core.outbox.written import read, write
from tasks_core.states import JobState
from tasks_core.testing import FrozenClock
from tests.app.models import Effect
from tests.app.tasks import leave_effect, nothing
from tests.tasks_core.races import together

relaying = import_module("tasks_core.outbox.relay")
pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
AT = datetime(2026, 3, 11, 9, tzinfo=UTC)
elsewhere = background.on("queue")


class Away(DummyBackend):
    """A backend that is away, and comes back."""

    can_be_durable = True
    is_away = True

    asked = 0

    def store(self, call):
        self.asked += 1
        if self.is_away:
            raise OSError("nobody there")
        return super().store(call)


class Loss(Exception):
    """Ends the process, as far as the callbacks of a commit are concerned."""


def lose_the_relay():
    raise Loss


def jobs():
    return list(Job.objects.using("queue").order_by("enqueued_at").values_list("pk", flat=True))


def committed_and_lost(*names, on="queue"):
    """Store durable calls in a process that dies at once after the commit."""
    with pytest.raises(Loss), transaction.atomic():
        transaction.on_commit(lose_the_relay)
        there = background.on(on)
        results = [there.enqueue(leave_effect, [name], durable=True) for name in names]
    return [result.id for result in results]


@pytest.fixture
def away(settings):
    settings.JOBS = settings.JOBS | {"away": {"BACKEND": Away}}
    return job_backends["away"]


class TestTransactions:
    def test_without_a_commit_there_is_no_job(self):
        with pytest.raises(Loss), transaction.atomic():
            elsewhere.enqueue(nothing, durable=True)
            raise Loss

        assert (jobs(), Outbox.objects.count()) == ([], 0)

    def test_the_control_that_is_not_durable_leaves_a_ghost(self):
        with pytest.raises(Loss), transaction.atomic():
            elsewhere.enqueue(nothing)
            raise Loss

        assert len(jobs()) == 1

    def test_with_the_commit_the_backend_has_it(self):
        with transaction.atomic():
            result = elsewhere.enqueue(nothing, durable=True)
            result.refresh()
            assert (result.status, jobs()) == (JobState.READY, [])

        assert (jobs(), Outbox.objects.count()) == ([result.id], 0)
        result.refresh()
        assert result.backend.database == "queue"

    def test_a_lost_relay_is_made_good_once_its_time_is_over(self):
        with FrozenClock(NOON) as clock:
            lost = committed_and_lost("a", "b")
            assert (outbox.sweep(), jobs()) == (0, [])
            clock.advance(seconds=6)

            assert outbox.sweep() == 2

        assert sorted(jobs()) == sorted(lost)
        assert not Outbox.objects.exists()

    def test_what_the_backend_has_already_is_not_stored_again(self):
        with FrozenClock(NOON) as clock:
            lost = committed_and_lost("a", "b")
            background.on("queue").enqueue_many([Call(leave_effect, ["a"], id=lost[0])])
            clock.advance(seconds=6)

            assert outbox.sweep() == 2

        assert sorted(jobs()) == sorted(lost)

    def test_a_result_that_went_nowhere_says_so(self):
        result = elsewhere.enqueue(nothing, durable=True)
        Job.rows.using("queue").all().delete()

        with pytest.raises(JobDoesNotExist):
            result.refresh()


class TestOwnTransactions:
    """Of a caller, on the database in which the backend keeps its jobs."""

    def test_who_rolls_the_jobs_back_has_them_still(self):
        with FrozenClock(NOON) as clock:
            with pytest.raises(Loss), transaction.atomic(using="queue"):
                with transaction.atomic():
                    lost = elsewhere.enqueue(nothing, durable=True)
                raise Loss
            assert (jobs(), Outbox.objects.count()) == ([], 1)
            clock.advance(seconds=6)

            assert outbox.sweep() == 1

        assert jobs() == [lost.id]

    def test_with_its_commit_they_are_there(self):
        with transaction.atomic(using="queue"):
            with transaction.atomic():
                result = elsewhere.enqueue(nothing, durable=True)
            assert Outbox.objects.count() == 1

        assert (jobs(), Outbox.objects.count()) == ([result.id], 0)

    def test_a_sweep_within_it_hands_nothing_over(self):
        with FrozenClock(NOON) as clock:
            committed_and_lost("a")
            clock.advance(seconds=6)
            with transaction.atomic(using="queue"):
                assert outbox.sweep() == 0
            assert outbox.sweep() == 1


def test_what_replaced_a_job_does_not_do_so_twice():
    with FrozenClock(NOON) as clock:
        [old] = committed_and_lost("old")
        row = Outbox.objects.get()
        row.call["options"] = {"key": "tea", "on_conflict": "replace"}
        row.save()
        background.on("queue").enqueue_many([read(old, row.call)])  # handed over; then it died
        elsewhere.enqueue(leave_effect, ["new"], key="tea", on_conflict="replace")
        clock.advance(seconds=6)

        assert outbox.sweep() == 1

    assert Job.objects.using("queue").get().args == ["new"]


class TestWhichCalls:
    def test_beside_the_rows_nothing_is_written_down(self):
        with transaction.atomic():
            background.enqueue(nothing, durable=True)
            assert (Job.objects.count(), Outbox.objects.count()) == (1, 0)

    def test_in_band_it_runs_at_once(self):
        assert background.on("immediate").enqueue(nothing, durable=True).is_finished

    def test_a_setting_makes_all_calls_of_a_backend_durable(self):
        with override_settings(TASKS_CORE={"DURABLE": ["queue"]}), transaction.atomic():
            elsewhere.enqueue(nothing)
            elsewhere.enqueue_many([Call(nothing), Call(nothing)])
            assert (len(jobs()), Outbox.objects.count()) == (0, 3)

        assert (len(jobs()), Outbox.objects.count()) == (3, 0)

    def test_what_keeps_jobs_in_memory_is_given_them_at_once(self):
        with transaction.atomic():
            background.on("dummy").enqueue(nothing, durable=True)
            assert len(job_backends["dummy"].calls) == 1
        job_backends["dummy"].clear()

    def test_of_many_some_may_be(self):
        with transaction.atomic():
            results = elsewhere.enqueue_many([Call(nothing, durable=True), Call(nothing)])
            assert (jobs(), Outbox.objects.count()) == ([results[1].id], 1)

        assert sorted(jobs()) == sorted(result.id for result in results)

    def test_only_true_and_false_are_said(self):
        with pytest.raises(InvalidCall, match="durable must be True or False"):
            elsewhere.enqueue(nothing, durable="yes")


def test_a_call_is_read_as_it_was_written():
    task = registry.find(leave_effect)
    said = Call(
        task,
        ["a"],
        {"b": [1, None]},
        when=AT,
        priority=7,
        queue="mail",
        key="a key",
        on_conflict="replace",
        max_attempts=3,
        timeout=timedelta(minutes=2),
        expires_at=AT + timedelta(days=1),
        concurrency=("tea", 2),
        rate="10/m",
        label="tea",
        creator="app.Person:7",
        context={"key": "tea"},
        durable=True,
    ).checked()
    result = background.on("dummy").enqueue(nothing)

    found = read(result.id, write(said, now=NOON))

    assert found.func.name == task.name
    said.id, said.durable, said.func = result.id, False, found.func
    assert found == said


def test_delays_count_from_when_it_was_written():
    with FrozenClock(NOON) as clock, transaction.atomic():
        elsewhere.defer(nothing, when=timedelta(hours=1), durable=True)
        clock.advance(minutes=30)

    assert Job.objects.using("queue").get().run_after == NOON + timedelta(hours=1)


class TestFailures:
    def test_a_backend_that_is_away_is_asked_once_and_not_for_each_call(self, away):
        with FrozenClock(NOON):
            background.on("away").enqueue_many([Call(nothing, durable=True)] * 50)

        assert away.asked == 1
        assert Outbox.objects.filter(tries=1).count() == 1
        assert Outbox.objects.filter(try_at=NOON + timedelta(seconds=1)).count() == 50

    def test_what_there_is_no_time_for_is_left_to_the_next(self, away):
        away.is_away = False
        with FrozenClock(NOON) as clock:
            committed_and_lost("a", on="away")
            clock.advance(seconds=6)

            assert relaying.relay("default", seconds=-1) == 0
            assert outbox.sweep() == 1

    def test_it_waits_with_its_error_until_the_backend_is_back(self, away, caplog):
        with FrozenClock(NOON) as clock:
            result = background.on("away").enqueue(nothing, durable=True)
            row = Outbox.objects.get()
            assert (row.tries, row.error) == (1, "OSError: nobody there")
            assert row.try_at == NOON + timedelta(seconds=1)
            clock.advance(seconds=2)
            assert outbox.sweep() == 0
            assert Outbox.objects.get().try_at == NOON + timedelta(seconds=4)

            away.is_away = False
            clock.advance(seconds=2)
            assert outbox.sweep() == 1

        assert [call.id for call in away.calls] == [result.id]
        assert "1 job stays in the outbox, as the backend away did not take it" in caplog.text

    def test_one_bad_row_stops_no_other(self, away):
        with FrozenClock(NOON) as clock:
            lost = committed_and_lost("a", "b", "c")
            bad = Outbox.objects.get(pk=lost[1])
            bad.call["task"] = "nowhere.tea"
            bad.save()
            clock.advance(seconds=6)

            assert outbox.sweep() == 2

        assert sorted(jobs()) == sorted([lost[0], lost[2]])
        assert "nowhere.tea" in Outbox.objects.get().error

    def test_the_doctor_says_how_old_it_is(self, away):
        with FrozenClock(NOON) as clock:
            background.on("away").enqueue(nothing, durable=True)
            assert not outbox.examine().is_wrong
            clock.advance(minutes=5)

            found = outbox.examine()

        assert found.is_wrong
        assert "1 call waits in the outbox, the oldest for 300 s: OSError" in found.text


class TestManyRelays:
    @pytest.fixture
    def hundred(self, away):
        with FrozenClock(NOON) as clock:
            background.on("away").enqueue_many([Call(nothing, durable=True)] * 100)
            away.is_away = False
            clock.advance(minutes=1)
            yield away

    def test_each_call_is_handed_over_by_one(self, hundred):
        together(8, lambda number: swept())

        assert len(hundred.calls) == 100
        assert not Outbox.objects.exists()

    def test_who_does_not_claim_hands_over_what_others_do(self, hundred, monkeypatch):
        everything = list(Outbox.objects.all())
        monkeypatch.setattr(relaying, "_claim", lambda alias, written: everything)

        together(2, lambda number: relayed())

        assert len(hundred.calls) > 100


def swept():
    try:
        return outbox.sweep()
    finally:
        connections.close_all()


def relayed():
    try:
        return relaying.relay("default")
    finally:
        connections.close_all()


def test_a_worker_sweeps_before_it_looks(capsys):
    lost = committed_and_lost("swept")
    Outbox.objects.update(try_at=NOON)

    call_command("run_worker", "--once", "--backend", "queue")

    assert Job.objects.using("queue").get(pk=lost[0]).state == JobState.SUCCESSFUL
    assert Effect.objects.get().name == "swept"
