"""Whatever is wrong with a request, the answer is JSON, and names the field and the cure."""

import pytest
from django.db import OperationalError

from tasks_core.http import finding, problems

BREW = "jobs/tasks/tests.tasks_core.http.tasks.brew"
SHIP = "jobs/tasks/tests.tasks_core.http.tasks.ship"


def errors(answer):
    assert answer.status_code == 422, answer.content
    return {wrong["field"]: wrong["cure"] for wrong in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("said", "field", "cure"),
    [
        ({}, "arguments", "Add it."),
        ({"arguments": {}}, "arguments.cup", "Add it."),
        ({"arguments": {"cup": 7}}, "arguments.cup", "Send text, in quotes."),
        ({"arguments": {"cup": "a", "cop": 1}}, "arguments.cop", "Did you mean 'cup'?"),
        ({"arguments": {"cup": "a"}, "labell": ""}, "labell", "Did you mean 'label'?"),
        ({"arguments": {"cup": "a", "milliliters": "1"}}, "arguments.milliliters", "whole number"),
        ({"arguments": {"cup": "a", "milliliters": 1.5}}, "arguments.milliliters", "whole number"),
        ({"arguments": {"cup": "a", "sugar": 1}}, "arguments.sugar", "true or false"),
        ({"arguments": {"cup": "a"}, "when": "tomorrow"}, "when", "Send a number"),
        ({"arguments": {"cup": "a"}, "when": "2030-01-01T09:00:00"}, "when", "Send a number"),
        ({"arguments": {"cup": "a"}, "when": -1}, "when", "openapi.json"),
        ({"arguments": {"cup": "a"}, "expires_at": "2030-01-01"}, "expires_at", "openapi.json"),
        ({"arguments": {"cup": "a"}, "label": "x" * 256}, "label", "Shorten it."),
        ([], "body", "Send an object"),
    ],
)
def test_the_field_and_the_cure_are_named(ada, said, field, cure):
    told = errors(ada.post(BREW, said))

    assert cure in told[field]


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"weight": 0}, "arguments.weight"),
        ({"weight": 1, "to": {"street": "Main"}}, "arguments.to.number"),
        ({"weight": 1, "tags": ["a", 7]}, "arguments.tags.1"),
        ({"weight": 1, "prices": {"tea": "dear"}}, "arguments.prices.tea"),
    ],
)
def test_a_field_inside_of_another_is_named_by_its_path(ada, said, field):
    assert field in errors(ada.post(SHIP, {"arguments": said}))


@pytest.mark.parametrize(
    "remarks", ["a\0b", 2**64, [[]] * 40_000, "x" * 70_000], ids=["NUL", "huge", "many", "long"]
)
def test_what_no_store_keeps_is_refused(ada, remarks):
    answer = ada.post(SHIP, {"arguments": {"weight": 1, "remarks": remarks}})

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(("args", "kwargs"))


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        ("{", "application/json", 400),
        ("[" * 50_000, "application/json", 400),
        ('{"arguments": NaN}', "application/json", 422),
        (b'{"arguments": "\xff"}', "application/json", 400),
        ('{"arguments": "\\ud800"}', "application/json", 400),
        ("x" * 300_000, "application/json", 413),
        ("<a/>", "text/xml", 415),
        ("cup=oolong", "application/x-www-form-urlencoded", 415),
        ("", "application/json", 422),
    ],
)
def test_a_body_that_is_no_json_is_refused_as_json(ada, body, kind, status):
    answer = ada.post(BREW, body, kind=kind)

    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["status"] == status


@pytest.mark.parametrize("path", ["jobs/nowhere", "jobs/7", "jobs/a/b/c", "schedules/nowhere"])
def test_an_address_of_nothing_is_refused_as_json(ada, path):
    answer = ada.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options", "trace"])
def test_another_method_is_refused_with_those_that_there_are(ada, method):
    answer = getattr(ada.client, method)("/api/jobs/")

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert "GET" in answer["Allow"]


def test_an_unknown_word_in_the_address_is_refused(ada):
    assert errors(ada.get("jobs/", quue="mail")) == {"quue": "Leave it out. Did you mean 'queue'?"}


@pytest.mark.parametrize("limit", ["0", "101", "1.0", "1_0", "", "x"])
def test_a_limit_is_a_whole_number_in_its_bounds(ada, limit):
    assert "limit" in errors(ada.get("jobs/", limit=limit))


def test_five_and_five_point_nothing_are_one_number(ada):
    answer = ada.post(BREW, '{"arguments": {"cup": "a", "milliliters": 5.0}}')

    assert answer.status_code == 201
    assert ada.client.get(answer["Location"]).json()["kwargs"] == {"cup": "a", "milliliters": 5}


def test_a_database_that_is_away_is_no_bug_of_the_site(caplog):
    answer = problems.answer(OperationalError("connection refused"), statuses={})

    assert answer.status_code == 503
    assert b"refused" not in answer.content  # strangers need not know what is behind
    assert "connection refused" in caplog.text


@pytest.fixture
def broken_backend(settings):
    broken = {"BACKEND": "of.another.Planet", "OPTIONS": {}}
    settings.JOBS = {"broken": broken, **settings.JOBS}


@pytest.mark.usefixtures("broken_backend")
def test_a_backend_that_cannot_be_built_hides_no_job_of_another(ada, eve):
    job = ada.post(BREW, {"arguments": {"cup": "a"}}).json()["id"]

    assert ada.get(f"jobs/{job}").status_code == 200
    assert eve.get(f"jobs/{job}").status_code == 404


@pytest.mark.usefixtures("broken_backend")
def test_of_a_backend_that_cannot_be_built_the_log_tells_and_not_the_answer(eve, caplog):
    answer = eve.get("jobs/", backend="broken")

    assert answer.status_code == 503
    assert "broken" not in answer.content.decode()
    assert "JOBS['broken']: No module named" in caplog.text


def test_a_bug_is_not_hidden(ada, monkeypatch):
    def broken(*given):
        raise ZeroDivisionError

    monkeypatch.setattr(finding, "page", broken)

    with pytest.raises(ZeroDivisionError):
        ada.get("jobs/")
