"""Who comes in: with a session, with a token, how often, and who does not."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connections
from django.test import Client, override_settings

from tests.tasks_core.http.callers import Caller, person

BREW = "jobs/tasks/tests.tasks_core.http.tasks.brew"
SAID = {"arguments": {"cup": "oolong"}}


@pytest.fixture
def tokens(transactional_db, settings):
    """Install django-rest-knox with its table, and return its model."""
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "knox"]):
        from knox.models import AuthToken

        with connections["default"].schema_editor() as editor:
            editor.create_model(AuthToken)
        try:
            yield AuthToken
        finally:
            with connections["default"].schema_editor() as editor:
                editor.delete_model(AuthToken)
            admin.site._registry.pop(AuthToken, None)


@pytest.mark.parametrize("path", ["jobs/", "jobs/openapi.json", "jobs/nowhere", "schedules/"])
def test_a_stranger_is_told_to_come_in(stranger, path):
    answer = stranger.get(path)

    assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")
    assert answer["WWW-Authenticate"]


def cure(answer):
    assert answer.status_code == 401
    [wrong] = answer.json()["errors"]
    return wrong["field"], wrong["cure"]


def test_a_stranger_is_told_how_where_there_are_only_sessions(stranger):
    field, told = cure(stranger.get("jobs/"))

    assert field == "Cookie"
    assert "Log in" in told


def test_a_stranger_is_told_the_scheme_of_tokens(tokens):
    _row, token = tokens.objects.create(person("robot"))

    for header in ({}, {"Authorization": f"Token {token}"}, {"Authorization": token}):
        answer = Caller(headers=header).get("jobs/")

        assert cure(answer)[0] == "Authorization"
        assert "Bearer \u2026" in cure(answer)[1]
        assert token not in answer.content.decode()


def test_who_comes_through_a_proxy_with_a_password_may_have_a_session(tokens):
    ada = Caller(person("ada"), headers={"Authorization": "Basic YTpi"})

    assert ada.get("jobs/").status_code == 200


@pytest.mark.parametrize("path", ["jobs/", "schedules/"])
def test_a_head_is_asked_for_as_a_get_is(ada, eve, path):
    assert ada.client.head(f"/api/{path}").status_code == 200
    assert ada.client.head(f"/api/{path}?limit=x").status_code == 422
    assert eve.client.head("/api/schedules/").status_code == 403


def test_a_session_changes_nothing_without_the_token_of_its_forms(ada):
    browser = Client(enforce_csrf_checks=True, headers={"Origin": "https://evil.example"})
    browser.force_login(ada.user)

    answer = browser.post(f"/api/{BREW}", SAID, content_type="application/json")

    assert answer.status_code == 403
    assert "CSRF" in answer.json()["detail"]
    assert browser.get("/api/jobs/").status_code == 200


def test_a_session_with_the_token_of_its_forms_may(ada):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada.user)
    browser.cookies["csrftoken"] = "a" * 32

    answer = browser.post(
        f"/api/{BREW}", SAID, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )

    assert answer.status_code == 201


def test_a_token_is_enough(tokens):
    _row, token = tokens.objects.create(person("robot", "tasks_core.add_job"))
    robot = Caller(enforce_csrf_checks=True, headers={"Authorization": f"Bearer {token}"})

    answer = robot.post(BREW, SAID)

    assert answer.status_code == 201
    assert token not in str(tokens.objects.values())  # the site keeps a hash of it


def test_the_document_tells_of_tokens_where_there_are_some(tokens):
    ada = Caller(person("ada"))

    ways = ada.get("jobs/openapi.json").json()["components"]["securitySchemes"]

    assert list(ways) == ["token", "session"]


def test_a_token_that_is_none_opens_nothing(tokens):
    user = person("robot", "tasks_core.add_job")
    _row, old = tokens.objects.create(user, expiry=-timedelta(seconds=1))
    _row, left = tokens.objects.create(person("gone", is_active=False))

    for token in (old, left, "wrong", "\u00e9", "two words", ""):
        answer = Caller(headers={"Authorization": f"Bearer {token}"}).get("jobs/")

        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer"), token
        assert cure(answer)[0] == "Authorization"


def test_who_asks_too_often_waits(ada, settings):
    settings.TASKS_CORE = {"HTTP_RATE": "2/m"}

    answers = [ada.get("jobs/") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2]["Content-Type"] == "application/problem+json"
    assert 0 < int(answers[2]["Retry-After"]) <= 60
    assert Caller(person("bob")).get("jobs/").status_code == 200  # each has a rate of their own


def test_who_guesses_tokens_waits(tokens, settings):
    settings.TASKS_CORE = {"HTTP_STRANGERS_RATE": "2/m"}

    def guess(token, address="10.0.0.1"):
        headers = {"Authorization": f"Bearer {token}", "X-Forwarded-For": token}
        return Caller(headers=headers, REMOTE_ADDR=address).get("jobs/").status_code

    assert [guess(f"guess-{number}") for number in range(3)] == [401, 401, 429]
    assert guess("guess", address="10.0.0.2") == 401


def test_a_rate_may_be_none(ada, settings):
    settings.TASKS_CORE = {"HTTP_RATE": ""}

    assert {ada.get("jobs/").status_code for _ in range(20)} == {200}


@pytest.mark.parametrize("path", ["jobs/", "jobs/nowhere", "schedules/", "jobs/openapi.json"])
def test_no_cache_keeps_what_one_caller_was_told(ada, path):
    assert "no-store" in ada.get(path)["Cache-Control"]
    assert "private" in ada.get(path)["Cache-Control"]


@pytest.mark.django_db
def test_nobody_is_told_of_tasks_that_he_may_not_call(eve):
    nobody = Caller(person("nobody"))
    told = "Known: "

    assert "tasks.brew" in eve.post("jobs/tasks/zzz", SAID).json()["detail"]
    assert "tasks.serve" not in eve.post("jobs/tasks/zzz", SAID).json()["detail"]
    assert told not in nobody.post("jobs/tasks/zzz", SAID).json()["detail"]
