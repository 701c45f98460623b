"""``Job.objects``: which jobs, and what becomes of them by the arrows."""

from datetime import timedelta
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import AnonymousUser, User
from django.db import transaction
from django.db.models import F
from django.utils.functional import SimpleLazyObject

from scheduler.models import Occurrence
from tasks_core import Call, JobState, background, batches, clock, signals
from tasks_core.exceptions import InvalidCall, InvalidJobBackend
from tasks_core.models import Job
from tests.app import tasks
from tests.app.models import Effect, Member
from tests.tasks_core.rows import DEAD, HOUR, NOON, fresh, make_job, make_jobs, make_process

pytestmark = pytest.mark.django_db

S = JobState
FAR = timedelta(days=36500)  # so that the real clock of a database comes before it


def pks(jobs):
    return {job.pk for job in jobs}


@pytest.fixture
def ended():
    """Collect the ends that the signal tells of."""
    told = []

    def hear(sender, ends, **kwargs):
        told.extend((end.id, end.state) for end in ends)

    signals.jobs_ended.connect(hear)
    yield told
    signals.jobs_ended.disconnect(hear)


# Which jobs.


def test_each_question_finds_its_jobs_and_no_others():
    jobs = {state: make_job(state) for state in S}

    assert pks(Job.objects.ready()) == {jobs[S.READY].pk}
    assert pks(Job.objects.failed()) == {jobs[S.FAILED].pk}
    assert pks(Job.objects.in_state(S.SUCCESSFUL)) == {jobs[S.SUCCESSFUL].pk}
    assert pks(Job.objects.unfinished()) == pks(
        jobs[state] for state in (S.SCHEDULED, S.READY, S.RUNNING)
    )


def test_questions_are_put_one_after_the_other():
    wanted = make_job(S.FAILED, task="tests.app.tasks.take", creator="auth.User:7", queue="mail")
    make_job(S.FAILED, task="tests.app.tasks.take", queue="mail")
    make_job(S.READY, task="tests.app.tasks.take", creator="auth.User:7", queue="mail")

    found = Job.objects.filter(queue="mail").failed().for_task(tasks.take).for_creator(User(pk=7))

    assert pks(found) == {wanted.pk}
    assert found.count() == 1


@pytest.mark.parametrize("minutes", [-1, 0, 59, 60])
def test_due_is_what_nobody_has_claimed_by_then(minutes):
    ready, later = make_job(S.READY), make_job(S.SCHEDULED)  # at noon, and an hour later
    make_job(S.RUNNING)
    expected = ({ready.pk} if minutes >= 0 else set()) | ({later.pk} if minutes >= 60 else set())

    assert pks(Job.objects.due(NOON + timedelta(minutes=minutes))) == expected


def test_a_delay_says_what_will_be_due_by_then():
    soon = make_job(S.SCHEDULED, run_after=clock.db_now() + HOUR / 2)
    make_job(S.SCHEDULED, run_after=clock.db_now() + 2 * HOUR)

    assert pks(Job.objects.due(HOUR)) == {soon.pk}


def test_what_is_no_time_is_refused():
    with pytest.raises(InvalidCall, match="now must be a datetime or a timedelta"):
        Job.objects.due("tomorrow")


def test_a_state_may_be_said_in_text_and_must_be_known():
    job = make_job(S.FAILED)

    assert pks(Job.objects.in_state("failed")) == {job.pk}
    with pytest.raises(InvalidCall, match="they are scheduled, ready, running"):
        Job.objects.in_state("broken")


def test_what_is_due_may_be_asked_in_an_event_loop():
    async def ask():
        return await Job.objects.due().acount(), await Job.objects.due(HOUR).aexists()

    assert async_to_sync(ask)() == (0, False)


def test_without_a_time_the_clock_of_the_database_says_what_is_due():
    due = make_job(S.SCHEDULED, run_after=NOON)
    make_job(S.SCHEDULED, run_after=NOON + FAR)

    assert pks(Job.objects.due()) == {due.pk}


def test_stuck_is_what_a_dead_process_left_running():
    make_job(S.RUNNING)
    left = make_job(S.RUNNING, claimed_by=make_process(lease=DEAD))
    make_job(S.SUCCESSFUL, claimed_by=None)

    assert pks(Job.objects.stuck()) == {left.pk}


@pytest.mark.parametrize("named", [tasks.leave_context, "tests.app.tasks.leave_context"])
def test_jobs_are_found_by_their_task(named):
    mine = make_job(task="tests.app.tasks.leave_context")
    make_job()

    assert pks(Job.objects.for_task(named)) == {mine.pk}


def test_jobs_of_a_task_that_is_gone_are_found_by_its_name():
    mine = make_job(task="shop.tasks.removed")

    assert pks(Job.objects.for_task("shop.tasks.removed")) == {mine.pk}


def test_jobs_are_found_by_who_asked_for_them():
    ann = User.objects.create(username="ann")
    job = background.enqueue(tasks.nothing, creator=ann)
    background.enqueue(tasks.nothing)

    assert pks(Job.objects.for_creator(ann)) == {job.id}
    assert pks(Job.objects.for_creator(f"auth.User:{ann.pk}")) == {job.id}


def test_the_user_of_a_request_is_the_user(rf):
    ann = User.objects.create(username="ann")
    request = rf.get("/")
    request.user = SimpleLazyObject(lambda: ann)

    job = background.enqueue(tasks.nothing, creator=request.user)

    assert pks(Job.objects.for_creator(request.user)) == {job.id}
    assert pks(Job.objects.for_creator(Member.objects.get())) == {job.id}  # a proxy


def test_a_visitor_whom_nobody_knows_is_nobody():
    job = background.enqueue(tasks.nothing, creator=AnonymousUser())

    assert Job.objects.get(pk=job.id).creator == ""


@pytest.mark.parametrize(
    ("creator", "words"),
    [
        (7, "creator must be a model instance or text"),
        (User(username="ann"), "auth.User that is not saved"),
        (None, "the jobs of nobody in particular"),
        ("", "the jobs of nobody in particular"),
        (AnonymousUser(), "the jobs of nobody in particular"),
    ],
)
def test_what_is_no_creator_is_refused(creator, words):
    with pytest.raises(InvalidCall, match=words):
        Job.objects.for_creator(creator)


def record(key, job_id, **fields):
    told = {"due_at": NOON, "until_at": NOON, "recorded_at": NOON, "outcome": "enqueued"}
    Occurrence.objects.create(schedule_key=key, job_id=job_id, **told | fields)


def test_the_jobs_of_a_schedule_are_those_of_its_ledger():
    planned, by_hand, of_others = make_job(), make_job(S.FAILED), make_job()
    record("night", planned.pk)
    record("night", by_hand.pk, batch="run 1")
    record("night", uuid4(), due_at=NOON - HOUR, until_at=NOON)  # pruned
    record("day", of_others.pk)

    assert pks(Job.objects.of_schedule("night")) == {planned.pk, by_hand.pk}
    assert pks(Job.objects.failed().of_schedule("night")) == {by_hand.pk}


@pytest.mark.django_db(databases=["default", "queue"])
def test_they_are_found_in_another_database_as_well():
    job = background.on("queue").enqueue(tasks.nothing)
    record("night", job.id)

    assert pks(Job.objects.using("queue").of_schedule("night")) == {job.id}


def test_without_the_app_nobody_knows_which_jobs_a_schedule_has(settings):
    settings.INSTALLED_APPS = [
        app for app in settings.INSTALLED_APPS if app.split(".")[0] != "scheduler"
    ]

    with pytest.raises(InvalidCall, match='add "scheduler" to INSTALLED_APPS'):
        Job.objects.of_schedule("night")


# What becomes of them.


def test_a_created_job_is_enqueued_like_any_other():
    told = []
    signals.job_enqueued.connect(lambda result, **kwargs: told.append(result.id), weak=False)

    job = Job.objects.create(tasks.take, [1], {"more": 2}, queue="mail", label="one")

    assert (job.state, job.args, job.kwargs, job.queue) == (S.READY, [1], {"more": 2}, "mail")
    assert str(job) == "one (ready)"
    assert told == [job.pk]


def test_with_a_time_it_is_deferred():
    job = Job.objects.create(tasks.take, [1], when=HOUR)

    assert job.state == S.SCHEDULED
    assert job.run_after - job.enqueued_at == HOUR


def test_while_its_key_is_held_the_holder_is_returned():
    holder = Job.objects.create(tasks.take, [1], key="take 1")

    assert Job.objects.create(tasks.take, [1], key="take 1") == holder


def test_it_is_created_from_a_coroutine():
    async def create():
        return await Job.objects.acreate(tasks.take, [1])

    assert fresh(async_to_sync(create)()).args == [1]


@pytest.mark.django_db(transaction=True)
def test_every_verb_has_an_async_twin():
    async def all_of_them():
        jobs = Job.objects.all()
        await jobs.acreate(tasks.nothing)
        return [
            await jobs.areschedule(priority=3),
            len(await jobs.arun()),
            await jobs.aretry(),
            await jobs.acancel(),
            await jobs.adelete(),
        ]

    assert async_to_sync(all_of_them)() == [1, 1, 0, (0, 0), (1, {"tasks_core.Job": 1})]


@pytest.mark.parametrize("values", [{"state": "ready"}, {"task": "tests.app.tasks.take"}])
@pytest.mark.parametrize("verb", ["create", "get_or_create"])
def test_a_row_of_values_is_no_call(verb, values):
    with pytest.raises(InvalidCall, match="stores the call of a function"), transaction.atomic():
        getattr(Job.objects, verb)(**values)


def test_retry_makes_ready_what_ended_without_success():
    jobs = {state: make_job(state) for state in S}

    assert Job.objects.all().retry() == 2

    assert fresh(jobs[S.FAILED]).state == fresh(jobs[S.CANCELLED]).state == S.READY
    assert fresh(jobs[S.SUCCESSFUL]).state == S.SUCCESSFUL


def test_cancel_ends_what_waits_and_asks_what_runs(ended):
    jobs = {state: make_job(state) for state in S}

    stopped = Job.objects.all().cancel()

    assert stopped == (2, 1)
    assert str(stopped) == "2 cancelled, 1 asked to stop"
    assert fresh(jobs[S.RUNNING]).cancel_requested_at
    assert {*ended} == {(jobs[state].pk, S.CANCELLED) for state in (S.SCHEDULED, S.READY)}


def test_of_nothing_nothing_is_cancelled():
    assert Job.objects.none().cancel() == (0, 0)


def test_reschedule_changes_what_nobody_has_claimed():
    job, running = make_job(), make_job(S.RUNNING)

    assert Job.objects.all().reschedule(when=NOON + FAR, queue="mail", priority=7) == 1

    after = fresh(job)
    assert (after.state, after.run_after) == (S.SCHEDULED, NOON + FAR)
    assert (after.queue, after.priority) == ("mail", 7)
    assert fresh(running).queue == "default"


def test_a_delay_counts_from_now_by_the_clock_of_the_database():
    job, before = make_job(), clock.db_now()

    Job.objects.filter(pk=job.pk).reschedule(when=HOUR)

    assert before + HOUR <= fresh(job).run_after <= clock.db_now() + HOUR


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "say one of them"),
        ({"priority": 101}, "priority"),
        ({"when": "tomorrow"}, "when must be a datetime or a timedelta"),
        ({"queue": ""}, "queue"),
    ],
)
def test_a_change_that_no_job_can_take_is_refused(changes, words):
    job = make_job()

    with pytest.raises(InvalidCall, match=words):
        Job.objects.filter(pk=job.pk).reschedule(**changes)


def test_delete_removes_all_but_what_runs():
    running = make_job(S.RUNNING)
    make_jobs(3, S.SUCCESSFUL)

    assert Job.objects.all().delete() == (3, {"tasks_core.Job": 3})
    assert Job.objects.all().delete() == (0, {})

    assert pks(Job.objects.all()) == {running.pk}


def test_a_single_row_is_removed_in_the_same_way():
    idle, running = make_job(), make_job(S.RUNNING)

    assert idle.delete() == (1, {"tasks_core.Job": 1})
    assert running.delete() == (0, {})


def test_what_was_narrowed_and_cut_off_is_what_is_meant():
    first, second, third = make_jobs(3, S.FAILED)

    assert Job.objects.failed().order_by("-pk")[:2].retry() == 2

    assert fresh(first).state == S.FAILED
    assert fresh(second).state == fresh(third).state == S.READY


def test_many_are_changed_batch_by_batch(monkeypatch):
    monkeypatch.setattr("tasks_core.batches.SIZE", 2)
    make_jobs(5, S.FAILED)

    assert Job.objects.failed().retry() == 5


def test_what_is_sliced_is_changed_batch_by_batch_too(monkeypatch):
    monkeypatch.setattr("tasks_core.batches.SIZE", 2)
    make_jobs(5, S.FAILED)

    assert Job.objects.failed()[:3].retry() == 3


@pytest.mark.django_db(transaction=True)
def test_what_a_job_enqueues_is_not_meant_by_who_runs_it(monkeypatch):
    monkeypatch.setattr("tasks_core.batches.SIZE", 1)
    for number in range(2):
        Job.objects.create(tasks.leave_followers, [f"{number}", 1])

    assert len(Job.objects.ready().run()) == 2

    assert Job.objects.ready().count() == 2


def test_of_a_union_nothing_is_changed():
    with pytest.raises(InvalidCall, match=r"use \| or &"):
        Job.objects.failed().union(Job.objects.ready()).retry()


@pytest.mark.django_db(transaction=True)
def test_as_many_as_there_are_whatever_their_order(monkeypatch):
    make_jobs(7)
    monkeypatch.setattr(batches, "SIZE", 3)

    assert Job.objects.all().reverse().cancel().cancelled == 7


class Replica:
    """Reads anywhere but where the jobs are."""

    def db_for_read(self, model, **hints):
        return "queue"

    def db_for_write(self, model, **hints):
        return "default"


@pytest.mark.django_db(databases=["default", "queue"])
def test_a_router_that_reads_from_a_replica(settings):
    settings.DATABASE_ROUTERS = [Replica()]

    job = Job.objects.create(tasks.nothing)
    assert Job.objects.filter(pk=job.pk).reschedule(priority=3) == 1
    assert Job.objects.filter(pk=job.pk).cancel().cancelled == 1
    assert Job.objects.filter(pk=job.pk).retry() == 1
    assert len(Job.objects.filter(pk=job.pk).run()) == 1
    assert Job.objects.filter(pk=job.pk).delete()[0] == 1


def test_run_runs_those_that_are_due_here_and_now():
    mine = Job.objects.create(tasks.leave_effect, ["mine"])
    broken = Job.objects.create(tasks.explode, max_attempts=1)
    Job.objects.create(tasks.leave_effect, ["later"], when=HOUR)
    other = Job.objects.create(tasks.leave_effect, ["other"], queue="other")

    results = Job.objects.filter(queue="default").run()

    assert [(result.id, result.status) for result in results] == [
        (mine.pk, S.SUCCESSFUL),
        (broken.pk, S.FAILED),
    ]
    assert [effect.name for effect in Effect.objects.all()] == ["mine"]
    assert fresh(other).state == S.READY


@pytest.mark.django_db(databases=["default", "queue"])
def test_each_database_has_the_backend_that_keeps_its_jobs_there():
    job = Job.objects.using("queue").create(tasks.take, [1])

    assert background.on("queue").get(job.pk).status == S.READY
    assert Job.objects.using("queue").cancel().cancelled == 1
    assert not Job.objects.exists()


def test_a_database_that_no_backend_uses_is_named(settings):
    settings.JOBS = {name: settings.JOBS[name] for name in ("queue", "redis")}

    with pytest.raises(InvalidJobBackend) as refused:
        Job.objects.create(tasks.nothing)

    assert "keeps its jobs in the database 'default'" in str(refused.value)
    assert ".using('queue') has those of 'queue'" in str(refused.value)


# Nothing passes by the arrows.


@pytest.mark.parametrize(
    "values",
    [{"state": "ready"}, {"attempts": 0}, {"run_after": NOON}, {"args": [2]}, {"label": F("task")}],
)
def test_what_the_arrows_own_is_not_written(values):
    job = make_job(S.FAILED)

    with pytest.raises(InvalidCall, match=r"\.retry\(\), \.cancel\(\)"):
        Job.objects.filter(pk=job.pk).update(**values)

    assert fresh(job).state == S.FAILED


def test_nor_in_bulk():
    job = make_job(S.FAILED)
    job.state = S.READY

    with pytest.raises(InvalidCall, match=r"\.retry\(\)"), transaction.atomic():
        Job.objects.bulk_update([job], ["state"])
    with pytest.raises(InvalidCall, match="enqueue_many"):
        Job.objects.bulk_create([Job(task="tests.app.tasks.nothing", state="ready")])
    with pytest.raises(InvalidCall, match="not saved"), transaction.atomic():
        Job.objects.update_or_create({"state": "ready"}, pk=job.pk)

    assert fresh(job).state == S.FAILED


def test_who_a_job_is_for_may_be_changed():
    job = make_job()

    assert Job.objects.filter(pk=job.pk).update(label="of Ann", creator=User(pk=7)) == 1

    assert (fresh(job).label, fresh(job).creator) == ("of Ann", "auth.User:7")

    Job.objects.filter(pk=job.pk).update(label=None, creator=None)

    assert (fresh(job).label, fresh(job).creator) == ("", "")


def test_a_row_that_was_read_is_not_saved():
    job = make_job()
    job.priority = 9

    with pytest.raises(InvalidCall, match=rf"pk='{job.pk}'\) has \.retry"):
        job.save()

    assert fresh(job).priority == 0


def test_a_save_would_have_taken_a_job_from_its_worker():
    job = make_job()
    background.on("default").get(job.pk)
    Job.rows.filter(pk=job.pk).move(S.READY, S.RUNNING, claimed_by=make_process(), attempts=1)
    job.priority = 9

    job.save_base()  # what Django would do

    assert (fresh(job).state, fresh(job).claimed_by) == (S.READY, None)


@pytest.mark.parametrize(("question", "index"), [("stuck", "job_owner"), ("failed", "job_prune")])
@pytest.mark.vendor("sqlite")
def test_what_has_an_index_is_found_by_it(question, index):
    assert index in getattr(Job.objects, question)().order_by().explain()


def test_calls_are_stored_many_at_once_by_the_front_door():
    background.enqueue_many([Call(tasks.take, [number]) for number in range(3)])

    assert Job.objects.ready().for_task(tasks.take).count() == 3
