"""Run: one job now, and the schedule stays due as it was."""

import pytest
from django.contrib.auth.models import AnonymousUser, User

from scheduler import SKIP
from scheduler.exceptions import OperationRefused
from scheduler.models import Occurrence, Schedule
from scheduler.operations import run
from tasks_core.exceptions import InvalidCall
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.app.models import Effect
from tests.scheduler.operations.places import act, actions, acts, make, standing
from tests.scheduler.places import at, declare, ledger, tick

pytestmark = pytest.mark.django_db

CONTEXT = "tests.app.tasks.leave_context"


def brewed(due):
    return [f"at {due.scheduled_for:%H:%M}"]


def not_today():
    return SKIP


def sour():
    raise ValueError("sour")


def test_a_job_is_made_now():
    make(at(8), task=CONTEXT)

    ran = act("run", at(8, 20), "tea", reason="a guest")

    row = Occurrence.objects.get()
    assert (row.due_at, row.batch, row.job_id) == (at(8, 20), ran.batch, ran.job_id)
    assert row.recorded_by == "ada"
    assert Job.objects.get().pk == ran.job_id
    assert acts()[-1] == ("run", "ada", "tea", "a guest")
    assert actions()[-1].details == {"batch": ran.batch, "job": str(ran.job_id)}
    drain()
    told = Effect.objects.get().payload
    assert told["scheduled_for"] == str(at(8, 20))
    assert (told["previous"], told["next"]) == (str(at(8)), str(at(9)))
    assert (told["is_backfill"], told["is_catch_up"]) == (False, False)


def test_the_job_is_of_the_user_who_asked_for_it():
    make(at(8))
    ada = User.objects.create_user("ada")

    for user in (ada, "cli: ada", AnonymousUser()):
        act("run", at(8, 20), "tea", user=user)

    assert [str(job) for job in Job.objects.for_creator(ada)] == [str(Job.objects.earliest("pk"))]
    assert Job.objects.filter(creator="").count() == 2


def leaves_the_schedule_as_it_was(verb):
    make(at(8))
    tick(at(9))
    before = standing()

    verb(at(9, 20), "tea")

    assert standing() == before
    tick(at(10))
    assert [each for each in ledger() if each[0] != at(9, 20)] == [
        (at(9), "enqueued"),
        (at(10), "enqueued"),
    ]


def test_no_due_time_is_consumed_or_shifted():
    leaves_the_schedule_as_it_was(lambda *arguments: act("run", *arguments))


def test_a_run_that_shifts_is_noticed():
    def shifting(moment, key):
        act("run", moment, key)
        Schedule.objects.update(watermark=at(10), next_due_at=at(11))

    with pytest.raises(AssertionError):
        leaves_the_schedule_as_it_was(shifting)


def test_a_run_at_a_due_time_does_not_stand_in_for_it():
    make(at(8))

    act("run", at(9), "tea")
    tick(at(9))

    assert ledger() == [(at(9), "enqueued")] * 2
    assert Job.objects.count() == 2


def test_each_run_makes_a_job():
    make(at(8))

    assert act("run", at(8, 5), "tea") != act("run", at(8, 5), "tea")

    assert Job.objects.count() == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"paused_at": at(8)},
        {"enabled": False, "next_due_at": None},
        {"retired_at": at(8), "next_due_at": None},
        {"quarantined_at": at(8), "next_due_at": None, "error": "sour"},
    ],
    ids=["paused", "disabled", "retired", "quarantined"],
)
def test_whatever_state_the_schedule_is_in(changes):
    make(at(8))
    Schedule.objects.update(**changes)
    before = standing()

    assert act("run", at(8, 20), "tea").job_id is not None

    assert standing() == before
    assert {**changes} == Schedule.objects.values(*changes).get()


def test_a_trigger_that_nobody_can_read_is_no_obstacle():
    make(at(8))
    Schedule.objects.update(trigger="when the cows come home")

    assert act("run", at(8, 20), "tea").job_id is not None


def test_a_task_that_is_gone_is_one():
    make(at(8))
    Schedule.objects.update(task="nowhere.tea")

    with pytest.raises(OperationRefused, match="'tea' cannot run: "):
        act("run", at(8, 20), "tea")

    assert ledger() == []
    assert [verb for verb, *_ in acts()] == ["create"]


def test_who_was_renamed_is_run_by_the_new_name():
    declare(at(8))
    Schedule.objects.update(retired_at=at(8), next_due_at=None, renamed_to="chai")

    with pytest.raises(OperationRefused, match="run 'chai'"):
        act("run", at(8, 20), "tea")


def test_computed_arguments_are_computed():
    entry = {"task": "tests.app.tasks.leave_effect", "args": brewed}
    declare(at(8), **entry)

    act("run", at(8, 20), "tea", entries={"tea": {**entry, "cron": "0 * * * *"}})

    assert Job.objects.get().args == ["at 08:20"]


def test_who_declines_is_recorded():
    entry = {"task": "tests.app.tasks.leave_effect", "args": not_today}
    declare(at(8), **entry)

    ran = act("run", at(8, 20), "tea", entries={"tea": {**entry, "cron": "0 * * * *"}})

    assert (ran.is_declined, ran.job_id) == (True, None)
    assert ledger() == [(at(8, 20), "declined")]
    assert actions()[-1].details["job"] is None


def test_arguments_that_cannot_be_computed_are_a_sentence():
    entry = {"task": "tests.app.tasks.leave_effect", "args": sour}
    declare(at(8), **entry)

    with pytest.raises(OperationRefused, match="cannot be computed: ValueError: sour"):
        act("run", at(8, 20), "tea", entries={"tea": {**entry, "cron": "0 * * * *"}})


def test_other_arguments_for_once():
    make(at(8), task="tests.app.tasks.leave_effect", args=["tea"], kwargs={"milk": True})

    act("run", at(8, 20), "tea", args=["coffee"])
    act("run", at(8, 21), "tea", kwargs={})

    calls = [(job.args, job.kwargs) for job in Job.objects.order_by("enqueued_at")]
    assert calls == [(["coffee"], {"milk": True}), (["tea"], {})]


def test_arguments_that_the_task_does_not_take_are_refused():
    make(at(8))

    with pytest.raises(InvalidCall, match="nothing cannot be called"):
        act("run", at(8, 20), "tea", args=["coffee"])

    assert ledger() == []


def test_half_of_computed_arguments_cannot_be_given():
    entry = {"task": "tests.app.tasks.leave_effect", "args": brewed}
    declare(at(8), **entry)

    with pytest.raises(OperationRefused, match="give both args and kwargs"):
        act("run", at(8, 20), "tea", kwargs={"milk": True})


def test_a_job_and_its_note_are_one_transaction(monkeypatch):
    make(at(8))

    def broken(*arguments, **options):
        raise RuntimeError("boom")

    monkeypatch.setitem(run.__wrapped__.__globals__, "note", broken)
    with pytest.raises(RuntimeError):
        act("run", at(8, 20), "tea")

    assert not Job.objects.exists()
    assert ledger() == []
