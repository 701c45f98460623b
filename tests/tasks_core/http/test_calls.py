"""Jobs are asked for, shown, cancelled and tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.db import OperationalError, connection

from tasks_core import acts, job_backends
from tasks_core.http.views import CancelView
from tasks_core.models import Job
from tasks_core.states import JobState
from tasks_core.testing import drain
from tests.tasks_core.http.callers import Caller, person

TASKS = "jobs/tasks/tests.tasks_core.http.tasks."


def test_a_job_is_stored_and_found_where_the_answer_says(ada):
    answer = ada.post(f"{TASKS}brew", {"arguments": {"cup": "oolong", "sugar": True}})

    assert answer.status_code == 201
    assert answer.json()["state"] == "ready"
    told = ada.client.get(answer["Location"]).json()
    assert (told["id"], told["kwargs"]) == (answer.json()["id"], {"cup": "oolong", "sugar": True})
    assert told["creator"] == f"auth.User:{ada.user.pk}"


def test_what_it_returned_is_told(ada):
    where = ada.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}})["Location"]

    drain()

    told = ada.client.get(where).json()
    assert (told["state"], told["return_value"]) == ("successful", "200 ml of oolong")


def test_parameters_are_given_as_the_function_takes_them(ada):
    said = {"guests": ["ada", "eve"], "table": "window", "light": 1}
    where = ada.post(f"{TASKS}serve", {"arguments": said})["Location"]

    drain()

    assert ada.client.get(where).json()["return_value"] == [
        ["ada", "eve"],
        "window",
        {"light": 1.0},
    ]


def test_what_can_be_no_keyword_is_given_by_its_place(ada):
    said = {"weight": 2, "tags": ["fragile"], "to": {"street": "Main", "number": 7}}
    where = ada.post(f"{TASKS}ship", {"arguments": said})["Location"]

    drain()

    told = ada.client.get(where).json()
    assert told["args"] == [2.0]
    assert told["return_value"] == [2.0, {"street": "Main", "number": 7}, ["fragile"], None, None]


def test_a_job_may_wait(ada):
    soon = datetime.now(UTC) + timedelta(hours=1)

    for when in (3600, soon.isoformat()):
        answer = ada.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}, "when": when})

        assert answer.json()["state"] == "scheduled"
        waits = Job.objects.get(pk=answer.json()["id"]).run_after - soon
        assert abs(waits) < timedelta(minutes=1)


@pytest.mark.parametrize("option", ["priority", "queue", "key", "max_attempts", "creator"])
def test_what_the_task_declares_is_not_for_callers(ada, option):
    answer = ada.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}, option: 1})

    assert answer.status_code == 422
    assert [wrong["field"] for wrong in answer.json()["errors"]] == [option]


@pytest.mark.parametrize("name", ["brew_in_secret", "nowhere"])
def test_a_task_that_says_nothing_cannot_be_called(ada, name):
    assert ada.post(f"{TASKS}{name}", {"arguments": {"cup": "oolong"}}).status_code == 404
    assert not Job.objects.exists()


def test_a_plain_function_cannot_be_called(ada):
    assert ada.post("jobs/tasks/tests.app.tasks.nothing").status_code == 404


def test_a_backend_that_keeps_no_jobs_is_refused(ada):
    answer = ada.post(f"{TASKS}brew_at_once", {"arguments": {"cup": "oolong"}})

    assert answer.status_code == 409
    assert "keeps no jobs" in answer.json()["detail"]


def test_an_unfinished_job_with_the_key_of_the_task_is_the_answer(ada):
    first, second = ada.post(f"{TASKS}polish"), ada.post(f"{TASKS}polish")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()


def test_of_somebody_elses_nothing_is_told(ada, eve):
    ada.post(f"{TASKS}polish")

    assert eve.post(f"{TASKS}polish").status_code == 409


def test_callers_see_their_own_jobs_without_tracebacks(eve):
    mine = eve.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}}).json()["id"]
    other = Caller(person("bob", "tasks_core.add_job"))
    error = {"attempt": 1, "at": "", "exception": "E", "message": "boom", "traceback": "line 7"}
    Job._base_manager.filter(pk=mine).update(errors=[error])

    told = eve.get(f"jobs/{mine}").json()

    assert told["errors"] == [error | {"traceback": None}]
    assert other.get(f"jobs/{mine}").status_code == 404
    assert other.get("jobs/").json()["jobs"] == []
    assert [job["id"] for job in eve.get("jobs/").json()["jobs"]] == [mine]


def test_who_may_view_jobs_sees_all_of_all(eve):
    mine = eve.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}}).json()["id"]
    error = {"attempt": 1, "at": "", "exception": "E", "message": "boom", "traceback": "line 7"}
    Job._base_manager.filter(pk=mine).update(errors=[error])

    told = Caller(person("bob", "tasks_core.view_job")).get(f"jobs/{mine}").json()

    assert told["errors"] == [error]


def test_a_waiting_job_is_cancelled_and_tried_again_with_a_note(ada):
    job = ada.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}}).json()["id"]

    cancelled, again = ada.post(f"jobs/{job}/cancel"), ada.post(f"jobs/{job}/cancel")
    retried = ada.post(f"jobs/{job}/retry")

    assert (cancelled.json()["state"], again.status_code) == ("cancelled", 200)
    assert (retried.status_code, retried.json()["state"]) == (200, "ready")
    notes = LogEntry.objects.filter(object_id=job).order_by("pk")
    assert [(note.user, note.change_message) for note in notes] == [
        (ada.user, "cancelled"),
        (ada.user, "made ready"),
    ]


def test_what_cannot_be_noted_is_not_done(ada):
    job = ada.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}}).json()["id"]

    with connection.execute_wrapper(no_history):
        answer = ada.post(f"jobs/{job}/cancel")

    assert answer.status_code == 503
    assert Job.objects.get(pk=job).state == JobState.READY
    assert ada.post(f"jobs/{job}/cancel").json()["state"] == "cancelled"


def no_history(execute, sql, *given):
    if LogEntry._meta.db_table in sql:
        raise OperationalError("the disk is full")
    return execute(sql, *given)


def test_a_job_in_another_state_is_left_alone(ada):
    job = ada.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}}).json()["id"]
    early = ada.post(f"jobs/{job}/retry")
    drain()

    late = ada.post(f"jobs/{job}/cancel")

    assert (early.status_code, late.status_code) == (409, 409)
    assert Job.objects.get(pk=job).state == JobState.SUCCESSFUL


def test_a_running_job_is_asked_to_stop(ada):
    job = ada.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}}).json()["id"]
    backend = job_backends["default"]
    worker = backend.register(kind="worker", queues=None, concurrency=1)
    backend.claim(owner=worker.pk, limit=1)

    first, second = ada.post(f"jobs/{job}/cancel"), ada.post(f"jobs/{job}/cancel")

    assert (first.status_code, second.status_code) == (202, 202)
    assert first.json()["state"] == "running"
    assert first.json()["cancel_requested_at"]


def test_a_running_job_that_nobody_asked_to_stop_is_not_called_cancelled(ada, monkeypatch):
    job = ada.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}}).json()["id"]
    backend = job_backends["default"]
    worker = backend.register(kind="worker", queues=None, concurrency=1)
    backend.claim(owner=worker.pk, limit=1)
    monkeypatch.setattr(CancelView, "acts", (acts.CANCEL,))  # it began to run only after ASK

    answer = ada.post(f"jobs/{job}/cancel")

    assert answer.status_code == 409
    assert Job.objects.get(pk=job).cancel_requested_at is None


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_to_operate_needs_the_permission_of_the_admin(eve, verb):
    job = eve.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}}).json()["id"]

    answer = eve.post(f"jobs/{job}/{verb}")

    assert answer.status_code == 403
    assert "tasks_core.change_job" in answer.json()["detail"]


def test_the_permission_that_a_task_names_is_needed_for_it_and_nothing_else(eve):
    guest = Caller(person("guest", "auth.add_group"))

    assert eve.post(f"{TASKS}serve").status_code == 403
    assert guest.post(f"{TASKS}serve").status_code == 201
    assert guest.post(f"{TASKS}brew", {"arguments": {"cup": "oolong"}}).status_code == 403


def test_the_document_tells_what_one_may_call(ada, eve):
    def paths(caller):
        return {
            path for path in caller.get("jobs/openapi.json").json()["paths"] if "tasks/" in path
        }

    assert {path.rpartition(".")[2] for path in paths(ada) - paths(eve)} == {"serve"}
    assert not any("secret" in path for path in paths(ada))
