"""Waiting jobs move from any served backend to any other: whole, once, and while others work."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tasks_core import Call, JobState, background, job_backends, moves
from tasks_core.backends.served.questions import Wanted
from tasks_core.models import Job
from tasks_core.outcomes import AttemptError, Errored
from tasks_core.states import WAITING
from tasks_core.testing import drain
from tests.app.models import Effect
from tests.app.tasks import leave_effect, nothing
from tests.tasks_core.celery import inline, project
from tests.tasks_core.redis_keys import empty, server

pytestmark = pytest.mark.django_db(databases=["default", "queue"])

LATER = datetime(2099, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
PAIRS = [("default", "redis"), ("redis", "default"), ("default", "queue"), ("redis", "default")]


@pytest.fixture(autouse=True)
def _no_jobs():
    empty()


def jobs(*words, **options):
    out = StringIO()
    call_command("jobs", *map(str, words), stdout=out)
    return out.getvalue()


def move(source, target, *words):
    return json.loads(jobs("move", "--from", source, "--to", target, *words, "--format", "json"))


def row(alias, job_id):
    backend = job_backends[alias]
    return next(iter(backend.questions.rows(backend.place, [job_id])), None)


def waiting(alias):
    backend = job_backends[alias]
    return backend.questions.ids(backend.place, Wanted(states=WAITING))


def tried_once(alias, job_id):
    """Let a job fail once, so that it waits for its second attempt."""
    backend = job_backends[alias]
    owner = backend.register(kind="worker", queues=None, concurrency=1).pk
    backend.admit_all()  # in the transaction of a test nothing is committed
    [attempt] = backend.claim(owner=owner, limit=1, ids=[job_id])
    error = AttemptError.of(ValueError("boom"), attempt=1)
    backend.settle([(attempt, Errored(error, retry_in=HOUR))])


@pytest.mark.parametrize(("source", "target"), PAIRS[:3])
def test_all_that_is_known_of_a_job_moves_with_it(source, target):
    options = {
        "key": "tea",
        "label": "Tea",
        "creator": "ann",
        "queue": "mail",
        "priority": 7,
        "timeout": 90,
        "max_attempts": 4,
        "expires_at": LATER,
        "context": {"key": "afternoon"},
        "concurrency": ("pot", 2),
    }
    [result] = background.on(source).enqueue_many(
        [Call(leave_effect, ["tea"], {"milk": True}, **options)]
    )
    tried_once(source, result.id)
    before = row(source, result.id)

    assert move(source, target)["moved"] == 1

    after = row(target, result.id)
    assert row(source, result.id) is None
    same = [
        *(
            "task",
            "args",
            "kwargs",
            "label",
            "creator",
            "queue",
            "priority",
            "timeout",
            "run_after",
        ),
        *("max_attempts", "attempts", "errors", "expires_at", "context", "active_key", "state"),
        *("concurrency_key", "concurrency_limit", "suspect"),
    ]
    assert {name: getattr(after, name) for name in same} == {
        name: getattr(before, name) for name in same
    }
    assert (after.attempts, after.state) == (1, JobState.SCHEDULED)


@pytest.mark.parametrize(("source", "target"), PAIRS[:3])
def test_what_has_moved_runs_there_and_only_there(source, target):
    for name in "abc":
        background.on(source).enqueue(leave_effect, [name])
    background.on(source).defer(nothing, when=HOUR)

    assert "4 jobs moved" in jobs("move", "--from", source, "--to", target)
    assert drain(source) == []
    drain(target)

    assert sorted(Effect.objects.values_list("name", flat=True)) == ["a", "b", "c"]
    assert len(waiting(target)) == 1


def test_a_job_comes_back_to_where_it_was():
    result = background.on("redis").enqueue(nothing)
    for source, target in (("redis", "default"), ("default", "redis")) * 2:
        assert move(source, target)["moved"] == 1

    assert waiting("redis") == [result.id]


def test_a_call_that_moved_away_is_not_stored_again_by_who_did_not_hear_of_it():
    call = Call(nothing, id=background.on("default").enqueue(nothing).id)
    job_backends["default"].delete([call.id])
    background.on("redis").enqueue_many([call])
    move("redis", "default")

    background.on("redis").enqueue_many([call])
    assert waiting("redis") == []


def test_a_dry_run_moves_nothing():
    background.enqueue(nothing)

    assert "1 waiting job would move" in jobs("move", "--to", "redis", "--dry-run")
    assert len(waiting("default")) == 1


def test_only_what_is_wanted_moves():
    kept = background.enqueue(nothing)
    mail = background.enqueue(nothing, queue="mail")
    later = background.defer(nothing, when=HOUR)

    assert move("default", "redis", "--queue", "mail")["moved"] == 1
    assert waiting("redis") == [mail.id]
    assert move("default", "redis", "--state", "scheduled")["moved"] == 1
    assert waiting("redis") == [mail.id, later.id]
    assert waiting("default") == [kept.id]


@pytest.mark.parametrize(("source", "target"), PAIRS[:2])
def test_running_jobs_stay_and_are_told_of(source, target):
    backend = job_backends[source]
    background.on(source).enqueue(nothing)
    owner = backend.register(kind="worker", queues=None, concurrency=1).pk
    [attempt] = backend.claim(owner=owner, limit=1)

    assert "1 running job would stay" in jobs("move", "--from", source, "--to", target, "--dry-run")
    told = move(source, target)
    assert (told["moved"], told["running"]) == (0, 1)
    assert backend.get(attempt.job_id).status == JobState.RUNNING


@pytest.mark.parametrize(("source", "target"), PAIRS[:2])
def test_a_suspect_is_alone_there_too(source, target):
    backend = job_backends[source]
    background.on(source).enqueue(nothing)
    owner = backend.register(kind="worker", queues=None, concurrency=1).pk
    [attempt] = backend.claim(owner=owner, limit=1)
    backend.bury(owner, [attempt.key])

    move(source, target)
    there = job_backends[target]
    other = there.register(kind="worker", queues=None, concurrency=1).pk
    assert there.claim(owner=other, limit=1) == []
    [again] = there.claim(owner=other, limit=1, alone=True)
    assert (again.job_id, again.number) == (attempt.job_id, 2)


@pytest.mark.parametrize(("source", "target"), PAIRS[:2])
def test_a_key_that_another_job_has_there_is_told_of(source, target):
    background.on(target).enqueue(nothing, key="tea")
    mine = background.on(source).enqueue(nothing, key="tea")

    told = move(source, target)
    assert (told["moved"], told["held"]) == (0, [str(mine.id)])
    assert waiting(source) == []


def test_what_cannot_be_moved_whole_stays_with_a_reason(capsys):
    result = background.enqueue(nothing)
    Job.rows.filter(pk=result.id).update(task="gone.task")
    forged = background.on("redis").enqueue(nothing)
    where = server()
    where.client.hset(where.key("job", forged.id.hex), "call", '["forged"]')

    for source, target in PAIRS[:2]:
        with pytest.raises(SystemExit) as ended:
            call_command("jobs", "move", "--from", source, "--to", target)
        assert ended.value.code == 1
    out = capsys.readouterr().out
    assert "gone.task" in out
    assert "SECRET_KEY" in out
    assert waiting("default") == [result.id]


@pytest.mark.parametrize("alias", ["default", "immediate", "dummy", "nowhere"])
def test_where_nothing_can_be_moved_to_a_sentence_says_so(alias):
    with pytest.raises(CommandError) as caught:
        jobs("move", "--from", "default", "--to", alias)
    assert caught.value.returncode == 2


@pytest.mark.parametrize(("source", "target"), PAIRS[:2])
def test_a_move_that_was_ended_is_finished_by_the_next(source, target, monkeypatch):
    result = background.on(source).enqueue(leave_effect, ["tea"], key="tea")
    with monkeypatch.context() as patched:
        patched.setattr(moves, "_store", interrupted)
        with pytest.raises(KeyboardInterrupt):
            move(source, target)
    backend = job_backends[source]

    assert drain(source) == []
    assert backend.retry([result.id]) == 0  # nobody can have it
    found = backend.questions.examine(backend.place, max_wait=HOUR, backend=source)
    assert [each.about for each in found if each.about == "moves"] == ["moves"]
    with pytest.raises(CommandError, match="Finish it first"):
        move(source, "queue")

    assert move(source, target)["resumed"] == 1
    assert row(target, result.id).active_key == "tea"
    assert row(source, result.id) is None


@pytest.mark.parametrize(("source", "target"), PAIRS[:2])
def test_a_move_that_was_ended_after_it_stored_stores_nothing_twice(source, target, monkeypatch):
    background.on(source).enqueue(leave_effect, ["tea"])
    with monkeypatch.context() as patched:
        patched.setattr(moves, "_forget", interrupted)
        with pytest.raises(KeyboardInterrupt):
            move(source, target)
    drain(target)

    assert move(source, target)["moved"] == 1
    drain(target)
    assert Effect.objects.count() == 1


def interrupted(*args):
    raise KeyboardInterrupt


def test_to_celery_goes_what_it_would_take(settings, monkeypatch):
    app = project.make_app("memory://", results="cache+memory://")
    monkeypatch.setattr(project, "app", app)
    celery = {
        "BACKEND": "tasks_core.backends.celery.CeleryBackend",
        "OPTIONS": {"app": project.PATH, "on_commit": False},
    }
    settings.JOBS = {**settings.JOBS, "celery": celery}
    inline.run_all(app)  # what tests that ran before left in memory
    background.enqueue(leave_effect, ["tea"])
    kept = background.enqueue(leave_effect, ["coffee"], key="coffee")

    backend, target = job_backends["default"], job_backends["celery"]
    done = moves.carry(backend, target, waiting("default"))
    inline.run_all(app)

    assert done.moved == 1
    assert "cannot take key=" in next(iter(done.left))
    assert waiting("default") == [kept.id]
    assert Effect.objects.get().name == "tea"
