"""The signed URL: what it does, who may use it, and the exact answer to everybody else."""

import io
import json

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import Client
from django.test.client import FakePayload

from scheduler import conf
from scheduler.models import Occurrence, SpentNonce
from scheduler.testing import only_declared
from scheduler.ticks.flight import TURN, flight
from scheduler.ticks.view import LONGEST_BODY
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.places import at
from tests.scheduler.ticks import site
from tests.scheduler.ticks.site import OTHER, SECRET, TEA, URL, headers, post, send

pytestmark = pytest.mark.django_db


def test_what_is_due_becomes_jobs():
    with FrozenClock(at(8, 30)) as clock, only_declared(TEA):
        first = post()
        clock.move_to(at(9))
        second = post()

    nothing = {"enqueued": 0, "skipped": 0, "failed": 0, "jobs": 0, "more": False}
    assert (first.status_code, first.json()) == (200, nothing)
    assert (second.status_code, second.json()) == (200, {**nothing, "enqueued": 1})
    assert second.headers["Content-Type"] == "application/json"
    assert "no-store" in second.headers["Cache-Control"]
    assert Occurrence.objects.get().due_at == at(9)
    assert Job.objects.count() == 1


def test_what_was_missed_is_told_as_skipped():
    with FrozenClock(at(8, 30)) as clock, only_declared(TEA):
        post()
        clock.move_to(at(12))
        answer = post().json()

    assert (answer["enqueued"], answer["skipped"]) == (1, 3)


def test_a_schedule_that_fails_is_counted():
    broken = {"broken": {**TEA["tea"], "kwargs": site.no_arguments}}
    with FrozenClock(at(8, 30)) as clock, only_declared({**TEA, **broken}):
        post()
        clock.move_to(at(9))
        answer = post().json()

    assert (answer["enqueued"], answer["failed"]) == (1, 1)


def test_a_declaration_that_is_refused_is_counted():
    with FrozenClock(at(8)), only_declared({"tea": {"task": "nowhere.tea", "cron": "* * * * *"}}):
        assert post().json()["failed"] == 1


def test_its_time_is_a_box_and_the_next_tick_goes_on(settings):
    settings.SCHEDULER |= {"BATCH_SIZE": 1, "TICK_BUDGET": 1e-9}
    with FrozenClock(at(8)) as clock, only_declared({f"tea {n}": TEA["tea"] for n in range(3)}):
        post()
        clock.move_to(at(9))
        answers = [post().json() for _ in range(4)]

    assert [each["enqueued"] for each in answers] == [1, 1, 1, 0]
    assert [each["more"] for each in answers] == [True, True, True, False]


# Who may.


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": OTHER},
        {"secret": ""},
        {"path": "/elsewhere/tick/"},
        {"path": f"{URL}?a=1"},
        {"method": "GET"},
        {"time": ""},
        {"time": "now"},
        {"time": "-5"},
        {"time": "1e9"},
        {"time": "9" * 30},
        {"time": "99999999999"},
        {"time": "٤٢"},
        {"nonce_": "short"},
        {"nonce_": TURN},
        {"nonce_": "n" * 65},
        {"nonce_": "a nonce with spaces in it"},
    ],
    ids=repr,
)
def test_what_is_not_signed_well_is_refused_without_a_word(wrong, django_assert_num_queries):
    queries = 1 if connection.vendor != "sqlite" and wrong.get("time") == "99999999999" else 0
    with django_assert_num_queries(queries):
        answer = post(**wrong)

    assert (answer.status_code, answer.content) == (403, b"")
    assert not SpentNonce.objects.exists()


@pytest.mark.parametrize("name", ["X-Tick-Time", "X-Tick-Nonce", "X-Tick-Signature"])
@pytest.mark.parametrize("value", [None, "", "ä", "\x00", "0" * 5000])
def test_each_header_is_needed(name, value):
    given = headers()
    given.pop(name)

    answer = send({**given, **({} if value is None else {name: value})})

    assert (answer.status_code, answer.content) == (403, b"")


def test_a_body_and_a_query_are_signed_with_the_rest():
    assert post(f"{URL}?by=pinger", body=b'{"a": 1}').status_code == 200
    assert post(f"{URL}?by=pinger", body=b'{"a": 2}', path=URL).status_code == 403
    given = headers(body=b"one")
    assert send(given, body=b"two").status_code == 403


def test_a_signature_for_one_place_is_none_for_another():
    assert post("/elsewhere/tick/").status_code == 200
    assert post("/elsewhere/tick/", path=URL).status_code == 403


@pytest.mark.parametrize(
    ("off", "status"), [(-301, 403), (-300, 200), (0, 200), (300, 200), (301, 403), (10**9, 403)]
)
def test_its_time_must_be_near_the_databases(off, status):
    with FrozenClock(at(8)):
        assert post(off=off).status_code == status


def test_a_request_is_good_for_once():
    given = headers()

    answers = [send(given).status_code for _ in range(3)]

    assert answers == [200, 403, 403]


def test_also_when_its_nonce_was_forgotten_it_is_too_old():
    with FrozenClock(at(8)) as clock:
        given = headers(off=300)
        assert send(given).status_code == 200
        clock.move_to(at(10, 0, 1))
        assert post().status_code == 200

        kept = SpentNonce.objects.exclude(nonce=TURN)
        assert not kept.filter(nonce=given["X-Tick-Nonce"]).exists()
        assert kept.count() == 1
        assert send(given).status_code == 403


def test_a_nonce_outlives_a_clock_that_is_set_back():
    with FrozenClock(at(9)) as clock:
        given = headers()
        assert send(given).status_code == 200
        clock.move_to(at(10))
        assert post().status_code == 200
        clock.move_to(at(9))

        assert send(given).status_code == 403


def test_secrets_can_be_changed_while_requests_come(settings):
    settings.SCHEDULER = {"TICK_SECRET": [OTHER, SECRET]}
    assert [post(secret=each).status_code for each in (OTHER, SECRET)] == [200, 200]

    settings.SCHEDULER = {"TICK_SECRET": [OTHER]}
    assert [post(secret=each).status_code for each in (OTHER, SECRET)] == [200, 403]


# All other answers.


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"])
def test_only_post(method, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = send(headers(method=method), method=method)

    assert answer.status_code == 405
    assert answer.headers["Allow"] == "POST"


@pytest.mark.parametrize("secret", [None, "", []])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_secret_there_is_nothing(settings, secret, method):
    settings.SCHEDULER = {"TICK_SECRET": secret}

    assert send(headers(), method=method).status_code == 404


def test_a_body_that_is_too_long(django_assert_num_queries):
    assert post(body=b"x" * LONGEST_BODY).status_code == 200
    with django_assert_num_queries(0):
        assert post(body=b"x" * (LONGEST_BODY + 1)).status_code == 413


def test_a_body_that_does_not_say_how_long_it_is():
    from django.core.handlers.asgi import ASGIRequest

    from scheduler.ticks.view import tick

    scope = {"type": "http", "method": "POST", "path": URL, "headers": []}
    body = io.BytesIO(b"x" * 10**6)

    assert tick(ASGIRequest(scope, body)).status_code == 413
    assert body.tell() == LONGEST_BODY + 1


@pytest.mark.parametrize("length", ["x", "-", "1" * 30])
def test_a_length_that_is_none(length):
    answer = Client().generic(
        "POST", URL, **{"CONTENT_LENGTH": length, "wsgi.input": FakePayload(b"")}
    )

    assert answer.status_code == 413


def test_too_many_in_a_minute(settings):
    settings.SCHEDULER |= {"TICK_RATE": 2}
    with FrozenClock(at(8)) as clock:
        assert post().status_code == 200
        clock.advance(seconds=20)
        assert post().status_code == 200
        clock.advance(seconds=5)
        refused = post()
        clock.advance(seconds=int(refused.headers["Retry-After"]))
        then = [post().status_code for _ in range(2)]

    assert (refused.status_code, refused.content, refused.headers["Retry-After"]) == (
        429,
        b"",
        "35",
    )
    assert then == [200, 429]


def test_who_is_turned_away_has_spent_nothing(settings):
    settings.SCHEDULER |= {"TICK_RATE": 1}
    with FrozenClock(at(8)) as clock:
        post()
        given = headers()
        assert send(given).status_code == 429
        clock.advance(minutes=1)

        assert send(given).status_code == 200


def test_those_who_may_not_do_not_count(settings):
    settings.SCHEDULER |= {"TICK_RATE": 2}
    given = headers()
    statuses = [send(given).status_code for _ in range(5)]
    statuses += [post(secret=OTHER).status_code for _ in range(5)]

    assert statuses == [200, *[403] * 9]
    assert post().status_code == 200


def test_while_another_tick_is_under_way():
    with flight("default", seconds=10) as begins:
        assert begins
        answer = post()

    assert (answer.status_code, answer.json()) == (202, {"under_way": True})
    assert post().status_code == 200


def test_a_tick_whose_process_died_is_not_waited_for_for_ever():
    with FrozenClock(at(8)) as clock:
        dead = flight("default", seconds=10)
        dead.__enter__()
        clock.advance(seconds=29)
        assert post().status_code == 202
        clock.advance(seconds=1)

        assert post().status_code == 200


def test_who_comes_back_late_does_not_end_anothers_tick():
    with FrozenClock(at(8)) as clock:
        frozen = flight("default", seconds=10)
        frozen.__enter__()
        clock.advance(seconds=30)
        with flight("default", seconds=10) as begins:
            assert begins
            frozen.__exit__(None, None, None)

            assert post().status_code == 202


# What else a site has around it.


@pytest.mark.django_db(transaction=True)
def test_it_is_outside_the_transaction_of_its_request(monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    with FrozenClock(at(8, 30)) as clock, only_declared(TEA):
        post()
        clock.move_to(at(9))

        assert post().json()["enqueued"] == 1


def test_why_it_was_refused_is_in_the_log_without_secrets(caplog):
    with FrozenClock(at(8)):
        post(secret=OTHER)
        post(off=-1000)

    reasons = [record.message for record in caplog.records if record.name == "scheduler"]
    assert "X-Tick-Signature does not fit" in reasons[0]
    assert "1000 s away from" in reasons[1]
    assert SECRET not in caplog.text


def test_settings_that_are_wrong_do_not_show_a_secret(settings):
    assert SECRET not in repr(conf.tuning())

    for wrong in ("too short", ["too short"], [SECRET, "too short"], 5, {"a": SECRET}):
        settings.SCHEDULER = {"TICK_SECRET": wrong}
        with pytest.raises(ImproperlyConfigured, match="at least 32 characters") as told:
            conf.tuning()
        assert "too short" not in str(told.value)
        assert SECRET not in str(told.value)


def test_the_verb_writes_a_command_that_ticks(settings, capsys):
    from django.core.management import CommandError, call_command

    settings.SCHEDULER |= {"TICK_URL": "https://shop.example/tick/?by=hand"}
    call_command("schedules", "sign-tick", "--format", "json")
    told = json.loads(capsys.readouterr().out)
    assert send(told["headers"], "/tick/?by=hand").status_code == 200

    call_command("schedules", "sign-tick", "--url", "http://127.0.0.1:1/tick/")
    command = capsys.readouterr().out
    assert command.startswith("curl ")
    assert command.strip().endswith("http://127.0.0.1:1/tick/")

    settings.SCHEDULER = {"TICK_SECRET": SECRET}
    with pytest.raises(CommandError, match="--url"):
        call_command("schedules", "sign-tick")
    settings.SCHEDULER = {}
    with pytest.raises(CommandError, match="TICK_SECRET"):
        call_command("schedules", "sign-tick")
