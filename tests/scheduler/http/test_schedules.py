"""Schedules over HTTP: what is asked, and what operators do."""

import json
from base64 import urlsafe_b64encode
from datetime import UTC, datetime

import pytest

from scheduler.models import Occurrence, OperatorAction, Schedule
from tasks_core import registry
from tasks_core.definition import Task
from tasks_core.masking import MASK
from tasks_core.models import Job
from tests.app import tasks
from tests.scheduler.operations.places import make
from tests.tasks_core.http.callers import Caller, person

EARLIER = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
NINE = "2030-01-01T09:00:00Z"


@pytest.fixture
def tea(db):
    return make(EARLIER, key="http/tea", cron="0 9 * * *").key


def test_schedules_are_listed_by_key_page_by_page(ada):
    for key in ("http-a", "http-b", "http-c"):
        make(EARLIER, key=key)

    first = ada.get("schedules/", limit=2).json()
    second = ada.get("schedules/", limit=2, cursor=first["next"]).json()

    keys = [[row["key"] for row in page["schedules"]] for page in (first, second)]
    assert keys == [["http-a", "http-b"], ["http-c"]]
    assert second["next"] is None


def test_schedules_are_narrowed(ada, tea):
    make(EARLIER, key="http-b")
    ada.post("schedules/http-b/pause")

    def keys(**asked):
        return [row["key"] for row in ada.get("schedules/", **asked).json()["schedules"]]

    assert keys(state="paused") == ["http-b"]
    assert keys(state="active", task="tests.app.tasks.nothing") == [tea]
    assert keys(source="settings") == []


def test_a_schedule_is_shown_although_its_key_has_a_slash(ada, tea):
    told = ada.get(f"schedules/{tea}").json()

    assert (told["key"], told["state"], told["catch_up"]) == (tea, "active", "latest")
    assert told["when"]


def test_arguments_that_are_shown_to_nobody_are_not_told(ada, db, monkeypatch):
    name = "tests.app.tasks.take"
    task = Task(tasks.take, name, sensitive=frozenset({"number"}))
    monkeypatch.setattr(registry, "_declared", {**registry.declared(), name: task})
    make(EARLIER, key="secret", task=name, args=[7], kwargs={"more": 8})

    told = ada.get("schedules/secret").json()

    assert (told["args"], told["kwargs"]) == ([MASK], {"more": 8})


def test_the_next_due_times_are_told(ada, tea):
    due = ada.get(f"schedules/{tea}/next", limit=2).json()["due"]

    assert [each["due_at"][10:] for each in due] == ["T09:00:00Z"] * 2


def test_a_run_makes_one_job_and_is_noted(ada, tea):
    answer = ada.post(f"schedules/{tea}/run", {"reason": "the guests are early"})

    assert answer.status_code == 201
    assert str(Job.objects.get().pk) == answer.json()["job_id"]
    note = OperatorAction.objects.latest("pk")
    assert (note.verb, note.by, note.reason) == ("run", "ada", "the guests are early")


def test_a_run_that_is_repeated_is_done_once(ada, tea):
    first = ada.post(f"schedules/{tea}/run", Idempotency_Key="a")
    second = ada.post(f"schedules/{tea}/run", Idempotency_Key="a")
    other = ada.post(f"schedules/{tea}/run", {"reason": "again"}, Idempotency_Key="a")

    assert (first.status_code, second.status_code, other.status_code) == (201, 200, 422)
    assert first.json() == second.json()
    assert Job.objects.count() == 1


def test_a_pause_begins_changes_and_ends(ada, tea):
    paused = ada.post(f"schedules/{tea}/pause", {"until": NINE, "reason": "the kettle is cold"})
    again = ada.post(f"schedules/{tea}/pause", {"until": 3600})
    resumed = ada.post(f"schedules/{tea}/resume", {"catch_up": "latest"})

    assert (paused.json()["state"], paused.json()["paused_until"]) == ("paused", NINE)
    assert paused.json()["pause_reason"] == "the kettle is cold"
    assert again.json()["paused_until"] < NINE
    assert resumed.json()["state"] == "active"
    assert set(OperatorAction.objects.values_list("by", flat=True)) == {"ada"}


def test_a_pause_that_is_over_is_refused(ada, tea):
    answer = ada.post(f"schedules/{tea}/pause", {"until": "2020-01-01T09:00:00Z"})

    assert answer.status_code == 422
    [wrong] = answer.json()["errors"]
    assert (wrong["field"], "is over" in wrong["message"]) == ("until", True)
    assert (
        ada.post("schedules/nowhere/pause", {"until": NINE.replace("30", "20")}).status_code == 404
    )


def test_of_a_pause_that_lasts_what_is_said_is_changed(ada, tea):
    def paused(**said):
        told = ada.post(f"schedules/{tea}/pause", said).json()
        return told["paused_until"], told["pause_reason"]

    assert paused() == (None, "")
    assert paused(reason="the kettle is cold") == (None, "the kettle is cold")
    assert paused(until=NINE) == (NINE, "the kettle is cold")
    assert paused(reason="the cups are gone") == (NINE, "the cups are gone")
    assert paused() == (NINE, "the cups are gone")
    assert OperatorAction.objects.filter(verb="pause").count() == 4


def test_the_history_is_told_page_by_page(ada, tea):
    for _ in range(3):
        ada.post(f"schedules/{tea}/run")
    Occurrence.objects.filter(batch="").delete()

    first = ada.get(f"schedules/{tea}/history", limit=2).json()
    second = ada.get(f"schedules/{tea}/history", limit=2, cursor=first["next"]).json()

    told = [row["job_id"] for row in first["occurrences"] + second["occurrences"]]
    assert told == [str(row.job_id) for row in Occurrence.objects.order_by("-until_at", "-pk")]
    assert (len(told), second["next"]) == (3, None)
    assert ada.get(f"schedules/{tea}/history", reason="overlap").json()["occurrences"] == []


@pytest.mark.parametrize("path", ["", "/next", "/history"])
def test_a_schedule_that_is_not_there_is_named(ada, tea, path):
    answer = ada.get(f"schedules/http/tee{path}")

    assert answer.status_code == 404
    assert "Did you mean 'http/tea'?" in answer.json()["detail"]


def test_a_key_that_no_database_keeps_is_none(ada):
    assert ada.get("schedules/%00").status_code == 404


def test_to_view_and_to_operate_are_the_permissions_of_the_admin(tea, eve):
    viewer = Caller(person("viewer", "tasks_scheduler.view_schedule"))
    operator = Caller(person("operator", "tasks_scheduler.change_schedule"))

    assert eve.get("schedules/").status_code == 403
    assert viewer.get(f"schedules/{tea}").status_code == 200
    assert viewer.post(f"schedules/{tea}/pause").status_code == 403
    assert operator.post(f"schedules/{tea}/pause").status_code == 200
    assert Schedule.objects.get(key=tea).paused_by == "operator"


@pytest.mark.parametrize(
    "said", [["\ud800"], ["\0"], ["x" * 256], [7], [None], []], ids=lambda said: ascii(said)[:12]
)
def test_a_cursor_of_no_key_is_no_page(ada, tea, said):
    text = urlsafe_b64encode(json.dumps(said).encode()).decode()

    assert ada.get("schedules/", cursor=text).status_code == 404


def test_the_longest_key_has_a_page_behind_it(ada):
    first, second = ("\N{HOT BEVERAGE}" * 255, "\N{TEAPOT}" * 255)
    for key in (first, second):
        make(EARLIER, key=key)

    page = ada.get("schedules/", limit=1).json()

    assert page["schedules"][0]["key"] == first
    page = ada.get("schedules/", limit=1, cursor=page["next"]).json()
    assert page["schedules"][0]["key"] == second


@pytest.mark.parametrize("asked", ["task", "cursor", "state"])
def test_text_that_no_database_looks_for_is_refused(ada, tea, asked):
    assert ada.get("schedules/", **{asked: "a\0b"}).status_code == 422
    assert ada.client.get(f"/api/schedules/?{asked}=%ED%A0%80").status_code < 500


def test_a_reason_that_no_database_keeps_is_refused(ada, tea):
    for verb in ("run", "pause", "resume"):
        for reason, status in (("a\0b", 422), ("\ud800", 400)):
            answer = ada.post(f"schedules/{tea}/{verb}", {"reason": reason})

            assert answer.status_code == status
