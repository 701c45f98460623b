"""Whatever is wrong with a request, the answer is JSON, and names the field and the cure."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError

from tasks_core.http import finding, problems

BREW = "jobs/tasks/tests.tasks_core.http.tasks.brew"
SHIP = "jobs/tasks/tests.tasks_core.http.tasks.ship"
LOCK = "jobs/tasks/tests.tasks_core.http.tasks.lock"


def errors(answer):
    assert answer.status_code == 422, answer.content
    return {wrong["field"]: wrong["cure"] for wrong in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("said", "field", "cure"),
    [
        ({}, "arguments", 'Add it, with the parameters of the task in it: {"arguments"'),
        ({"cup": "a"}, "cup", 'Put it among the arguments: {"arguments": {"cup": \u2026}}.'),
        ({"arguments": {}}, "arguments.cup", "Add it."),
        ({"arguments": {"cup": 7}}, "arguments.cup", "Send text, in quotes."),
        ({"arguments": {"cup": "a", "cop": 1}}, "arguments.cop", "Did you mean 'cup'?"),
        ({"arguments": {"cup": "a"}, "labell": ""}, "labell", "Did you mean 'label'?"),
        ({"arguments": {"cup": "a", "milliliters": "1"}}, "arguments.milliliters", "whole number"),
        ({"arguments": {"cup": "a", "milliliters": 1.5}}, "arguments.milliliters", "whole number"),
        ({"arguments": {"cup": "a", "sugar": 1}}, "arguments.sugar", "true or false"),
        ({"arguments": {"cup": "a"}, "when": "tomorrow"}, "when", "Send a number"),
        ({"arguments": {"cup": "a"}, "when": "2030-01-01T09:00:00"}, "when", "Add its zone: Z"),
        ({"arguments": {"cup": "a"}, "when": "2030-02-31T09:00:00Z"}, "when", "Send a date"),
        ({"arguments": {"cup": "a"}, "when": "0001-01-01T00:00:00+02:00"}, "when", "1 to 9999"),
        ({"arguments": {"cup": "a"}, "when": -1}, "when", "Send a larger number."),
        ({"arguments": {"cup": "a"}, "expires_at": "2030-01-01"}, "expires_at", "Send a date"),
        ({"arguments": {"cup": "a"}, "expires_at": "2020-01-01T00:00:00Z"}, "expires_at", "later"),
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
    ("remarks", "cure"),
    [
        ('"a\\u0000b"', "Leave out"),
        ('{"a\\u0000": 1}', "Leave out"),
        (f"{10**30}", "as text"),
        ("NaN", "Send a number, text or null."),
        ("1e999", "Send a number, text or null."),
        ("[" * 40 + "]" * 40, "Flatten it"),
        (f'"{"x" * 70_000}"', "send its id"),
        (f"[{'[],' * 40_000}[]]", "send its id"),
    ],
    ids=["NUL", "NUL in a name", "huge", "NaN", "infinite", "deep", "long", "many"],
)
def test_what_no_store_keeps_is_refused_with_its_field(ada, remarks, cure):
    body = f'{{"arguments": {{"weight": 1, "remarks": {remarks}}}}}'

    told = errors(ada.post(SHIP, body))

    assert list(told) == ["arguments.remarks"]
    assert cure in told["arguments.remarks"]
    assert errors(ada.post(SHIP, body, Idempotency_Key="a")) == told
    assert ada.post(SHIP, {"arguments": {"weight": 1}}, Idempotency_Key="a").status_code == 201


def test_the_place_inside_of_an_argument_is_named(ada):
    said = {"weight": 1, "remarks": {"notes": ["a", "b\0"]}, "prices": {"tea": 10**30}}

    assert set(errors(ada.post(SHIP, {"arguments": said}))) == {
        "arguments.remarks.notes.1",
        "arguments.prices.tea",
    }


def test_what_is_too_long_together_is_refused_together(ada):
    said = {"weight": 1, "remarks": "x" * 40_000, "tags": ["x" * 40_000]}

    assert list(errors(ada.post(SHIP, {"arguments": said}))) == ["arguments"]


def test_what_a_task_makes_of_its_arguments_is_refused_with_a_field(ada):
    told = errors(ada.post(LOCK, {"arguments": {"name": "x" * 300}}))

    assert "openapi.json and by the task" in told["arguments"]


def test_a_name_that_a_typed_dict_does_not_know_is_refused(ada):
    said = {"weight": 1, "to": {"street": "Main", "number": 7, "streat": ""}}

    cure = errors(ada.post(SHIP, {"arguments": said}))["arguments.to.streat"]

    assert cure == "Leave it out. Did you mean 'street'?"


def test_a_job_that_would_expire_before_it_may_start_is_refused(ada):
    in_half_an_hour = (datetime.now(UTC) + timedelta(minutes=30)).isoformat()
    said = {"arguments": {"cup": "a"}, "expires_at": in_half_an_hour}

    for when in (3600, in_half_an_hour):
        told = errors(ada.post(BREW, {**said, "when": when}))
        assert told == {"expires_at": "Send a later instant, or leave it out."}
    assert ada.post(BREW, {**said, "when": 60}).status_code == 201


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


@pytest.mark.parametrize(
    "path", ["jobs/nowhere", "jobs/7", "jobs/a/b/c", "schedules/nowhere", "jobs/%0A"]
)
def test_an_address_of_nothing_is_refused_as_json(ada, path):
    answer = ada.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("method", ["put", "patch", "delete", "trace"])
def test_another_method_is_refused_with_those_that_there_are(ada, method):
    answer = getattr(ada.client, method)("/api/jobs/")

    assert (answer.status_code, answer["Content-Type"]) == (405, "application/problem+json")
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize("path", ["jobs/", BREW])
def test_what_can_be_done_at_an_address_is_told(ada, path):
    answer = ada.client.options(f"/api/{path}")

    assert (answer.status_code, answer.content) == (204, b"")
    assert ("POST" if path == BREW else "GET") in answer["Allow"]
    assert "OPTIONS" in answer["Allow"]


def test_a_body_of_another_kind_is_refused_with_the_header_to_send(ada):
    [wrong] = ada.post(BREW, "<a/>", kind="text/xml").json()["errors"]

    assert (wrong["field"], wrong["cure"]) == (
        "Content-Type",
        "Send Content-Type: application/json.",
    )


def test_a_slash_at_the_end_changes_nothing(ada):
    stored = ada.post(f"{BREW}/", {"arguments": {"cup": "a"}})

    assert stored.status_code == 201
    assert ada.client.get(f"{stored['Location']}/").status_code == 200
    assert (
        ada.client.post(f"{stored['Location']}/cancel/", {}, content_type="application/json").json()
        == ada.client.get(stored["Location"]).json()
    )


@pytest.mark.parametrize("verb", ["cancel", "retry"])
def test_words_that_a_verb_does_not_take_are_refused(ada, verb):
    job = ada.post(BREW, {"arguments": {"cup": "a"}}).json()["id"]

    told = errors(ada.post(f"jobs/{job}/{verb}", {"reason": "late"}))

    assert told == {"reason": "Leave it out."}
    assert ada.get(f"jobs/{job}").json()["state"] == "ready"
    for body in ("", "{}"):
        assert ada.post(f"jobs/{job}/cancel", body).json()["state"] == "cancelled"


def test_what_an_address_says_twice_is_refused(ada):
    answer = ada.client.get("/api/jobs/?state=ready&state=failed&limit=1")

    assert errors(answer) == {"state": "Say it once, and ask once for each of its values."}


@pytest.mark.parametrize(
    ("since", "cure"),
    [
        ("2030-01-01T00:00:00+01:00", "write it as %2B"),  # not written so, here
        ("2030-01-01T00:00:00", "Add its zone"),
        ("2030-01-01", "Send a date, a time and a zone"),
    ],
)
def test_an_instant_in_an_address_is_refused_with_a_cure(ada, since, cure):
    assert cure in errors(ada.client.get(f"/api/jobs/?since={since}"))["since"]


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
