"""Jobs of Redis over HTTP: what that store can tell, and what it cannot."""

import pytest
from django.conf import settings as django_settings
from django.test import RequestFactory

from tasks_core import ids, job_backends, registry
from tasks_core.http import keys
from tasks_core.http.models import AnsweredKey
from tasks_core.models import Outbox
from tasks_core.processes.foreground import run_ready
from tests.tasks_core.http import tasks
from tests.tasks_core.redis_keys import empty

BREW = "jobs/tasks/tests.tasks_core.http.tasks.brew_in_redis"
SAID = {"arguments": {"cup": "oolong"}}


JOBS = django_settings.JOBS


@pytest.fixture(autouse=True)
def empty_server(db, api_site, settings):
    settings.JOBS = {name: JOBS[name] for name in ("default", "redis")}
    empty()
    yield
    empty()


def test_a_job_is_stored_shown_cancelled_and_tried_again(ada):
    where = ada.post(BREW, SAID)["Location"]

    assert ada.client.get(where).json()["kwargs"] == {"cup": "oolong"}
    path = where.removeprefix("/api/")
    assert ada.post(f"{path}/cancel").json()["state"] == "cancelled"
    assert ada.post(f"{path}/retry").json()["state"] == "ready"


def test_the_newest_are_listed_and_pages_are_refused(ada):
    stored = [ada.post(BREW, SAID).json()["id"] for _ in range(3)]

    answer = ada.get("jobs/", backend="redis", limit=2, state="ready")

    assert [job["id"] for job in answer.json()["jobs"]] == stored[:0:-1]
    assert answer.json()["next"] is None
    assert ada.get("jobs/", backend="redis", creator="eve").status_code == 409


def test_callers_are_told_of_a_job_of_theirs_by_its_id(ada, eve):
    mine = eve.post(BREW, SAID)["Location"]

    assert eve.client.get(mine).status_code == 200
    assert eve.get("jobs/", backend="redis").status_code == 409
    assert eve.client.get(ada.post(BREW, SAID)["Location"]).status_code == 404


def test_the_same_request_is_answered_with_the_same_job(ada):
    first = ada.post(BREW, SAID, Idempotency_Key="a")
    second = ada.post(BREW, SAID, Idempotency_Key="a")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert len(ada.get("jobs/", backend="redis").json()["jobs"]) == 1


def test_the_job_that_held_the_key_of_the_task_is_answered_again_when_it_has_ended(ada):
    path = "jobs/tasks/tests.tasks_core.http.tasks.polish_in_redis"
    held = ada.post(path, {"arguments": {"cup": "a"}}).json()
    said = {"arguments": {"cup": "b"}}
    joined = ada.post(path, said, Idempotency_Key="a").json()
    list(run_ready(job_backends["redis"]))

    again = ada.post(path, said, Idempotency_Key="a").json()

    assert held["id"] == joined["id"] == again["id"]
    assert len(ada.get("jobs/", backend="redis").json()["jobs"]) == 1


def test_what_was_done_is_not_done_again_in_another_backend(ada, settings, monkeypatch):
    brew = registry.declared()[f"{tasks.__name__}.brew"]
    first = ada.post(BREW.removesuffix("_in_redis"), SAID, Idempotency_Key="a").json()
    monkeypatch.setattr(brew, "backend", "redis")  # as if JOBS had changed

    again = ada.post(BREW.removesuffix("_in_redis"), SAID, Idempotency_Key="a").json()

    assert again["id"] == first["id"]
    assert ada.get("jobs/", backend="redis").json()["jobs"] == []


def test_a_refused_request_uses_no_key(ada):
    late = {**SAID, "expires_at": "2020-01-01T00:00:00Z"}
    for said in (late, {"arguments": {"cup": "a\0"}}):
        assert ada.post(BREW, said, Idempotency_Key="a").status_code == 422

    assert ada.post(BREW, SAID, Idempotency_Key="a").status_code == 201


def test_a_durable_call_is_written_down_once(ada, settings):
    settings.TASKS_CORE = {"DURABLE": ["redis"]}

    first = ada.post(BREW, SAID, Idempotency_Key="a")
    second = ada.post(BREW, SAID, Idempotency_Key="a")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["state"] == "unknown"  # until the transaction of this test commits
    assert [str(row.pk) for row in Outbox.objects.all()] == [first.json()["id"]]


def test_who_died_before_redis_was_told_is_repeated(ada):
    request = RequestFactory().post(f"/api/{BREW}", headers={"Idempotency-Key": "a"})
    request.user = ada.user
    job_id = ids.job_id()
    key = keys.key_of(request, b'{"arguments": {"cup": "oolong"}}')
    keys.once(key, alias="default", act=lambda: job_id, is_done=False)

    answer = ada.post(BREW, SAID, Idempotency_Key="a")

    assert answer.json()["id"] == str(job_id)
    assert AnsweredKey.objects.get().is_done
    assert len(ada.get("jobs/", backend="redis").json()["jobs"]) == 1
