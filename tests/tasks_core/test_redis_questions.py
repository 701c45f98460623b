"""What operators see of a server's jobs, and do to them, with the commands for every backend."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from tasks_core import Call, JobState, background, job_backends
from tasks_core.backends.database.questions.findings import Level
from tasks_core.backends.redis.facts import Facts
from tasks_core.backends.redis.questions import diagnosis, places
from tasks_core.backends.served.questions import Wanted
from tasks_core.outcomes import AttemptError, Errored, Succeeded
from tasks_core.testing import FrozenClock, drain
from tests.app.tasks import explode_once, leave_effect, nothing
from tests.tasks_core.redis_keys import empty, server

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _no_jobs():
    empty()


@pytest.fixture
def backend():
    return job_backends["redis"]


@pytest.fixture
def door():
    return background.on("redis")


@pytest.fixture
def sound(monkeypatch):
    """Let the server of the tests say that it keeps what it is given."""
    kept = Facts(info={"redis_version": "8.0.0", "role": "master", "aof_enabled": "1"})
    monkeypatch.setattr("tasks_core.backends.redis.facts.ask", lambda place: kept)


def jobs(*words):
    out = StringIO()
    call_command("jobs", *map(str, words), "--backend", "redis", stdout=out)
    return out.getvalue()


def told(*words):
    return json.loads(jobs(*words, "--format", "json"))


def exit_code(*words):
    with pytest.raises((SystemExit, CommandError)) as caught:
        jobs(*words)
    error = caught.value
    return error.returncode if isinstance(error, CommandError) else error.code


def claim(backend, count=1, **options):
    owner = backend.register(kind="worker", queues=None, concurrency=count).pk
    return backend.claim(owner=owner, limit=count, **options)


def in_every_state(backend, door):
    """Store a job for each of the six states; return their ids by state."""
    ids = {}
    results = door.enqueue_many([Call(nothing, queue="one") for _ in range(4)])
    failed, successful, running, cancelled = (result.id for result in results)
    for job_id, outcome in (
        (failed, Errored(AttemptError.of(ValueError("boom")))),
        (successful, Succeeded(7)),
    ):
        [attempt] = claim(backend, ids=[job_id])
        backend.settle([(attempt, outcome)])
        ids[backend.get(job_id).status] = job_id
    claim(backend, ids=[running])
    backend.cancel([cancelled])
    ids |= {JobState.RUNNING: running, JobState.CANCELLED: cancelled}
    ids[JobState.READY] = door.enqueue(nothing, queue="two").id
    ids[JobState.SCHEDULED] = door.defer(nothing, queue="two", when=HOUR).id
    return ids


def test_the_list_shows_the_newest_first_and_can_be_narrowed(backend, door):
    ids = in_every_state(backend, door)

    listed = told("list")
    assert [each["id"] for each in listed] == sorted(map(str, ids.values()), reverse=True)
    for state, job_id in ids.items():
        assert [each["id"] for each in told("list", "--state", state)] == [str(job_id)]
    assert len(told("list", "--queue", "two")) == 2
    assert len(told("list", "--limit", "2")) == 2
    assert "No jobs." in jobs("list", "--task", "a.b")
    assert told("list", "--limit", "0") == []


def test_a_job_is_shown_with_all_that_was_said_of_it(door):
    result = door.enqueue(
        leave_effect,
        ["tea"],
        key="tea",
        label="Tea",
        creator="ann",
        priority=5,
        timeout=90,
        concurrency=("pot", 2),
        expires_at=datetime(2099, 1, 1, tzinfo=UTC),
    )

    found = told("show", result.id)
    assert (found["args"], found["label"], found["creator"]) == (["tea"], "Tea", "ann")
    assert (found["active_key"], found["priority"], found["timeout"]) == ("tea", 5, "P0DT00H01M30S")
    assert (found["concurrency_key"], found["concurrency_limit"]) == ("pot", 2)
    assert found["expires_at"] == "2099-01-01T00:00:00Z"


def test_a_failed_job_is_shown_with_its_traceback_and_its_owner_while_it_runs(backend, door):
    result = door.enqueue(explode_once)
    drain("redis")
    assert "RuntimeError: boom" in jobs("show", result.id)

    running = door.enqueue(nothing)
    claim(backend)
    assert "claimed_by" in jobs("show", running.id)


def test_of_a_forged_job_nothing_is_believed(door):
    result = door.enqueue(nothing, label="mine")
    where = server()
    where.client.hset(where.key("job", result.id.hex), "call", '["forged"]')

    found = told("show", result.id)
    assert (found["args"], found["label"]) == ([], "")
    assert "SECRET_KEY" in found["context"]["forged"]


def test_a_row_that_somebody_else_wrote_hides_no_other(door):
    mine, other = door.enqueue(nothing), door.enqueue(nothing)
    junk = dict.fromkeys(("pri", "after", "att", "max", "fence", "errors", "value", "enq"), "junk")
    server().client.hset(server().key("job", other.id.hex), mapping=junk | {"after": "9" * 40})

    assert {each["id"] for each in told("list")} == {str(mine.id), str(other.id)}


def test_what_does_not_exist_is_said_in_a_sentence():
    with pytest.raises(CommandError, match=r"No job .* it may have been pruned"):
        jobs("show", uuid4())


def test_each_verb_does_its_arrow(backend, door):
    ids = in_every_state(backend, door)

    assert "1 of 1 job will run again" in jobs("retry", "--state", "failed")
    assert "asked to stop" in jobs("cancel", ids[JobState.RUNNING])
    assert "1 of 1 job rescheduled" in jobs("reschedule", ids[JobState.READY], "--when", "2h")
    assert "1 of 1 job deleted" in jobs("delete", "--state", "successful")
    assert "1 of 1 job cancelled" in jobs("cancel", ids[JobState.SCHEDULED])
    assert told("prune", "--older-than", "0s")["removed"] == 2
    assert {each["state"] for each in told("list")} == {"ready", "running", "scheduled"}


def test_a_call_is_run_here_and_now(door):
    waiting = door.enqueue(nothing)
    later = door.defer(nothing, when=HOUR)

    assert "successful" in jobs("run", "tests.app.tasks.nothing")
    assert "successful" in jobs("run", waiting.id)
    assert exit_code("run", later.id) == 1


def test_queues_are_paused_and_resumed_and_told_of(door):
    door.enqueue(nothing, queue="mail")
    assert "is paused now" in jobs("pause", "mail", "--reason", "storm")

    [queue] = told("stats")["queues"]
    assert (queue["name"], queue["ready"], queue["reason"]) == ("mail", 1, "storm")
    assert "storm" in jobs("stats")
    assert "Queue mail was paused" in jobs("doctor")
    assert "goes on" in jobs("resume", "mail")


def test_statistics_count_what_is_there(backend, door):
    in_every_state(backend, door)
    for number in range(2):
        door.enqueue(nothing, [], queue="three", concurrency=("pot", 1), priority=number)

    found = told("stats")
    assert found["states"] == {**dict.fromkeys(JobState.values, 1), "ready": 3}
    three = next(each for each in found["queues"] if each["name"] == "three")
    assert (three["ready"], three["parked"]) == (1, 1)
    two = next(each for each in found["queues"] if each["name"] == "two")
    assert (two["ready"], two["scheduled"], bool(two["oldest_ready_at"])) == (1, 1, True)
    assert found["ended"]["hour"] == {"cancelled": 1, "failed": 1, "successful": 1}
    assert found["tasks"][0]["failed"] == 1


def test_the_oldest_is_found_behind_jobs_of_higher_priority(backend, door):
    with FrozenClock(NOON) as clock:
        door.enqueue(nothing, priority=-5)
        clock.advance(hours=1)
        door.enqueue(nothing, priority=5)

        [queue] = backend.questions.queues(backend.place)
    assert queue.oldest_ready_at == NOON


def findings(level=None):
    found = diagnosis.examine(server(), backend="redis")
    return {each.about: each for each in found if level in {None, each.level}}


def test_a_queue_with_a_living_worker_is_healthy(backend, door, sound):
    door.enqueue(nothing)
    backend.register(kind="worker", queues=None, concurrency=1)

    assert findings(Level.FAILURE) == {}
    assert told("doctor")["healthy"] is True


@pytest.mark.parametrize("when", [None, timedelta(seconds=-1)])
def test_due_jobs_without_a_worker_are_a_failure(backend, door, sound, when):
    backend.register(kind="worker", queues=["post"], concurrency=1)
    (door.enqueue if when is None else door.defer)(
        nothing, queue="mail", **({} if when is None else {"when": when})
    )

    found = findings(Level.FAILURE)
    assert "no living worker serves their queue: mail" in found["workers"].text
    assert "--backend redis" in found["workers"].advice
    assert exit_code("doctor") == 1


def test_dead_processes_and_what_they_left_are_found(backend, door, sound):
    door.enqueue(nothing)
    [attempt] = claim(backend)
    where = server()
    where.client.zadd(where.key("processes"), {attempt.owner.hex: 1})

    found = findings(Level.FAILURE)
    assert {"processes", "orphans"} <= set(found)
    assert found["orphans"].named == [attempt.job_id.hex]
    backend.rescue()
    assert findings(Level.WARNING)["suspects"].named == [attempt.job_id.hex]


def test_a_job_that_waits_for_too_long_is_a_failure(backend, door, sound):
    backend.register(kind="worker", queues=None, concurrency=1)
    with FrozenClock(NOON):
        door.enqueue(nothing)

    assert "waited" in findings(Level.FAILURE)["waiting"].text


@pytest.mark.parametrize(
    ("info", "about", "level"),
    [
        ({"maxmemory_policy": "allkeys-lru"}, "server", Level.FAILURE),
        ({"aof_enabled": "0"}, "server", Level.WARNING),
        ({"used_memory": "95", "maxmemory": "100"}, "memory", Level.WARNING),
    ],
)
def test_the_settings_of_the_server_are_looked_at(monkeypatch, info, about, level):
    answer = Facts(info={"redis_version": "8.0.0", "aof_enabled": "1"} | info)
    monkeypatch.setattr("tasks_core.backends.redis.facts.ask", lambda place: answer)

    assert findings()[about].level == level


def test_a_page_begins_where_the_last_one_ended_though_others_take_from_the_front(
    backend, door, monkeypatch
):
    monkeypatch.setattr(places, "PAGE", 3)
    ids = [result.id for result in door.enqueue_many([Call(nothing) for _ in range(9)])]
    [index] = [each for each in places.indexes(server(), JobState.READY) if "ready" in each.key]

    found = []
    for page in places.pages(server(), index):
        found += page
        if len(found) == 3:
            claim(backend, 2)

    assert found == [job_id.hex for job_id in ids]


def test_all_of_many_are_found_whatever_the_size_of_a_page(backend, door, monkeypatch):
    monkeypatch.setattr(places, "PAGE", 2)
    ids = [result.id for result in door.enqueue_many([Call(nothing) for _ in range(7)])]

    wanted = Wanted(states=[JobState.READY])
    assert backend.questions.ids(backend.place, wanted) == ids
    assert backend.questions.ids(backend.place, wanted, limit=3) == ids[:3]
    assert [job.pk for job in backend.questions.find(backend.place, wanted, limit=3)] == ids[:3:-1]


def test_what_was_claimed_by_its_id_is_no_longer_ready(backend, door):
    result = door.enqueue(nothing, priority=3)
    claim(backend, ids=[result.id])

    assert claim(backend) == []
