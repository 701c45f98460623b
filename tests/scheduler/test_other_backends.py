"""Schedules whose jobs are kept elsewhere: the ledger and the intent are one transaction."""

import pytest

from scheduler import upkeep
from scheduler.models import Occurrence, Schedule
from scheduler.process import Scheduler
from scheduler.questions import health
from scheduler.questions.audit import Kind, audit
from scheduler.testing import only_declared
from scheduler.ticks.ticker import Ticker
from tasks_core import job_backends, outbox
from tasks_core.backends.dummy import DummyBackend
from tasks_core.models import Job, Outbox
from tasks_core.processes.worker import Worker
from tasks_core.results import JobResult, Snapshot
from tasks_core.testing import FrozenClock
from tests.scheduler.places import HOUR, at, declare, ledger, tick
from tests.tasks_core.literal_backends import PriorityAndDefer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])

ELSEWHERE = {"backend": "queue"}
AT_NINE = {"task": "tests.app.tasks.nothing", "cron": "0 9 * * *"}


class Silent(PriorityAndDefer):
    """As the text of the RFC has it, and nothing is told of the jobs."""

    def enqueue(self, func, priority, args, kwargs):
        self.calls.append(args)

    def defer(self, func, priority, args, kwargs, when):
        self.calls.append(args)


@pytest.fixture
def silent(settings):
    settings.JOBS = settings.JOBS | {"silent": {"BACKEND": Silent}}
    return job_backends["silent"]


def jobs():
    return list(Job.objects.using("queue").values_list("pk", flat=True))


def swept(moment):
    with FrozenClock(moment):
        return upkeep.sweep()


def test_the_job_is_where_the_backend_keeps_it():
    declare(at(8), **ELSEWHERE)

    tick(at(9))
    assert (ledger(), jobs()) == ([(at(9), "enqueued")], [])  # no turn waits for a backend

    assert swept(at(9)) == 1
    assert jobs() == list(Occurrence.objects.values_list("job_id", flat=True))
    assert not Outbox.objects.exists()


def test_a_crash_after_the_hand_over_makes_no_second_job():
    declare(at(8), **ELSEWHERE)
    tick(at(9))
    [row] = Outbox.objects.all()
    assert swept(at(9)) == 1
    row.save(force_insert=True)  # as if its process had died before it forgot the row

    assert swept(at(9, 1)) == 1
    assert jobs() == list(Occurrence.objects.values_list("job_id", flat=True))


def test_once_sweeps_what_a_crash_has_left():
    declare(at(8), **ELSEWHERE)
    tick(at(9))

    with only_declared(), FrozenClock(at(9, 1)):
        Scheduler().run_once()

    assert len(jobs()) == 1


def test_an_end_that_was_noted_elsewhere_lets_the_next_one_run():
    declare(at(8), cron="*/30 * * * *", **ELSEWHERE)
    tick(at(8, 30))
    swept(at(8, 30))
    tick(at(9))  # the job of half past eight has not run
    assert ledger()[-1] == (at(9), "overlap")

    Worker(job_backends["queue"]).drain()
    tick(at(9, 30))

    assert ledger()[-1] == (at(9, 30), "enqueued")
    assert Occurrence.objects.get(due_at=at(8, 30)).job_state == "successful"


def test_what_waits_in_the_outbox_has_not_ended():
    declare(at(8), **ELSEWHERE)
    tick(at(9))

    upkeep.reconcile()
    assert Occurrence.objects.get().job_state == ""

    Outbox.objects.all().delete()
    upkeep.reconcile()
    assert Occurrence.objects.get().job_state == "unknown"


def test_a_backend_of_the_rfc_is_given_the_call_and_asked_nothing(silent):
    declare(at(8), backend="silent", args=["tea"], task="tests.app.tasks.leave_effect")
    tick(at(9))
    swept(at(9))
    with FrozenClock(at(9, 1)):
        upkeep.reconcile()

    assert silent.calls == [["tea"]]
    assert Occurrence.objects.get().job_state == ""
    tick(at(9, 30))
    tick(at(10))
    assert ledger()[-1] == (at(10), "enqueued")  # an hour is what an overlap is believed for


def test_who_runs_jobs_at_once_gets_none():
    declare(at(8))
    Schedule.objects.update(backend="immediate")

    tick(at(9))

    assert "runs jobs inside the call" in Schedule.objects.get().error


class Away(DummyBackend):
    can_be_durable = True

    def store(self, call):
        raise OSError("nobody there")


def test_a_backend_that_is_away_costs_no_schedule_its_time(settings):
    settings.JOBS = settings.JOBS | {"away": {"BACKEND": Away}}
    declare(at(8), backend="away")

    tick(at(9))

    assert swept(at(9)) == 0
    row = Schedule.objects.get()
    assert (row.error, row.next_due_at, ledger()) == ("", at(10), [(at(9), "enqueued")])
    with FrozenClock(at(9, 5)):
        wrong = [each for each in health.examine(expects_processes=False) if each.is_wrong]
    assert [each.about for each in wrong] == ["outbox"]
    assert outbox.waiting().number == 1


class Vague(DummyBackend):
    """Cannot tell a job that waits from one that it never had, as Celery cannot."""

    can_be_durable = True

    def get_many(self, ids):
        return {job_id: JobResult(Snapshot(id=job_id), backend=self) for job_id in ids}


def test_a_job_of_which_nothing_is_known_is_hoped_for_for_a_day(settings):
    settings.JOBS = settings.JOBS | {"vague": {"BACKEND": Vague}}
    declare(at(8), backend="vague")
    tick(at(9))
    swept(at(9))
    states = []
    for hours in (1, 24):
        with FrozenClock(at(9) + hours * HOUR):
            upkeep.reconcile()
        states.append(Occurrence.objects.get(due_at=at(9)).job_state)

    assert states == ["", "unknown"]


class Broken(DummyBackend):
    def get_many(self, ids):
        raise OSError("nobody there")


def test_a_backend_that_cannot_be_asked_hides_no_other(settings, caplog):
    settings.JOBS = settings.JOBS | {"broken": {"BACKEND": Broken}}
    with only_declared({"tea": {**AT_NINE, "backend": "broken"}, "milk": AT_NINE}):
        with FrozenClock(at(8)):
            Scheduler().run_once()
        with FrozenClock(at(9)):
            Scheduler().drain()
    Job.rows.all().delete()

    with FrozenClock(at(9, 1)):
        upkeep.reconcile()

    noted = dict(Occurrence.objects.values_list("schedule_key", "job_state"))
    assert noted == {"tea": "", "milk": "unknown"}
    assert "the backend broken does not tell how jobs ended" in caplog.text


def test_a_job_that_is_replaced_before_it_is_handed_over_never_comes():
    declare(at(8), cron="*/30 * * * *", overlap="cancel_previous", **ELSEWHERE)
    tick(at(8, 30))

    tick(at(9))
    swept(at(9))

    [second] = jobs()
    assert Occurrence.objects.get(due_at=at(9)).job_id == second


def test_an_audit_finds_the_jobs_wherever_they_are():
    declare(at(8), **ELSEWHERE)
    tick(at(9))
    assert audit().is_balanced  # it waits in the outbox
    swept(at(9))
    assert audit().is_balanced

    Job.rows.using("queue").all().delete()

    assert [fault.kind for fault in audit().faults] == [Kind.TORN]


def test_a_tick_by_a_request_has_no_more_time_for_the_outbox_than_its_budget(settings):
    settings.SCHEDULER = {"TICK_BUDGET": 1e-9}
    declare(at(8), **ELSEWHERE)
    tick(at(9))

    with only_declared(), FrozenClock(at(9)):
        assert Ticker().tick() is not None
        assert jobs() == []
    assert swept(at(9)) == 1  # the next one has it
