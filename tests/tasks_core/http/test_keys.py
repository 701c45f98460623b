"""A request that is repeated is done once: by many at once, after a crash, and for a while."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connections, transaction

from tasks_core import background, clock
from tasks_core.http import keys
from tasks_core.http.models import AnsweredKey
from tasks_core.models import Job, Outbox
from tasks_core.testing import FrozenClock
from tests.app.tasks import nothing
from tests.tasks_core.http.callers import Caller, person
from tests.tasks_core.http.tasks import brew_in_redis
from tests.tasks_core.races import together

TASKS = "jobs/tasks/tests.tasks_core.http.tasks."
SAID = {"arguments": {"cup": "oolong"}}
MANY = 6


@pytest.fixture
def key(db):
    return keys.Key("d" * 64, "f" * 64)


def store():
    return background.enqueue(nothing).id


def test_the_same_request_is_answered_with_the_same_job(ada):
    first = ada.post(f"{TASKS}brew", SAID, Idempotency_Key='"a-1"')
    second = ada.post(f"{TASKS}brew", SAID, Idempotency_Key="a-1")

    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    assert (first.get("Idempotent-Replayed"), second["Idempotent-Replayed"]) == (None, "true")
    assert Job.objects.count() == 1


@pytest.mark.django_db(databases=["default", "queue"])
def test_a_key_is_kept_where_its_durable_call_is_written_down(ada, settings, monkeypatch):
    elsewhere = settings.JOBS["default"] | {"OPTIONS": {"database": "queue"}}
    settings.JOBS = settings.JOBS | {"queue": elsewhere}
    settings.TASKS_CORE = {"DURABLE": ["queue"]}
    monkeypatch.setattr(brew_in_redis, "backend", "queue")

    told = ada.post(f"{TASKS}brew_in_redis", SAID, Idempotency_Key="a").json()

    assert str(Outbox.objects.get().pk) == told["id"]
    assert str(AnsweredKey.objects.get().job_id) == told["id"]


def test_the_order_of_names_in_a_body_says_nothing(ada):
    one = '{"label": "a", "arguments": {"cup": "b", "sugar": true}}'
    other = '{"arguments": {"sugar": true, "cup": "b"}, "label": "a"}'

    first = ada.post(f"{TASKS}brew", one, Idempotency_Key="a")

    assert ada.post(f"{TASKS}brew", other, Idempotency_Key="a").json() == first.json()


def test_one_number_in_two_spellings_is_one_request(ada):
    body = '{"arguments": {"cup": "a", "milliliters": %s}}'
    first = ada.post(f"{TASKS}brew", body % "100", Idempotency_Key="a")

    for number in ("100.0", "1e2"):
        again = ada.post(f"{TASKS}brew", body % number, Idempotency_Key="a")
        assert (again.status_code, again.json()) == (200, first.json())
    assert ada.post(f"{TASKS}brew", body % "100.5", Idempotency_Key="a").status_code == 422


def test_one_address_with_a_slash_and_without_is_one_request(ada):
    first = ada.post(f"{TASKS}brew", SAID, Idempotency_Key="a")

    assert ada.post(f"{TASKS}brew/", SAID, Idempotency_Key="a").json() == first.json()


def test_a_job_that_has_expired_meanwhile_is_told_to_who_repeats(ada):
    with FrozenClock(datetime(2026, 1, 1, tzinfo=UTC)) as clock:
        said = {**SAID, "expires_at": "2026-01-01T01:00:00Z"}
        first = ada.post(f"{TASKS}brew", said, Idempotency_Key="a")
        clock.advance(hours=2)
        again = ada.post(f"{TASKS}brew", said, Idempotency_Key="a")

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]


@pytest.mark.parametrize(
    ("task", "said"),
    [("brew", {"arguments": {"cup": "mate"}}), ("ship", {"arguments": {"weight": 1}})],
)
def test_another_request_with_the_key_is_refused(ada, task, said):
    ada.post(f"{TASKS}brew", SAID, Idempotency_Key="a")

    answer = ada.post(f"{TASKS}{task}", said, Idempotency_Key="a")

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert Job.objects.count() == 1


def test_the_key_of_somebody_else_is_another_one(ada, eve):
    first = ada.post(f"{TASKS}brew", SAID, Idempotency_Key="a")
    second = eve.post(f"{TASKS}brew", SAID, Idempotency_Key="a")

    assert (first.status_code, second.status_code) == (201, 201)


@pytest.mark.parametrize("text", ["", '""', "two words", "x" * 256, '"open', "\x7f"])
def test_what_is_no_key_is_refused(ada, text):
    answer = ada.post(f"{TASKS}brew", SAID, Idempotency_Key=text)

    assert answer.status_code == 422
    assert not Job.objects.exists()


def test_a_refused_request_uses_no_key(ada):
    ada.post(f"{TASKS}brew", {"arguments": {}}, Idempotency_Key="a")

    assert ada.post(f"{TASKS}brew", SAID, Idempotency_Key="a").status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_one_stores_the_job():
    answers = _at_once(Idempotency_Key="a")

    assert sorted(answer.status_code for answer in answers) == [200] * (MANY - 1) + [201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_so_it_is_where_each_request_is_a_transaction(monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)

    answers = _at_once(Idempotency_Key="a")

    assert sorted(answer.status_code for answer in answers) == [200] * (MANY - 1) + [201]
    assert Job.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_a_key_each_of_many_stores_a_job():
    answers = _at_once()

    assert {answer.status_code for answer in answers} == {201}
    assert Job.objects.count() == MANY


def _at_once(**headers):
    callers = [Caller(person("ada", is_superuser=True))]
    session = callers[0].client.cookies
    for _ in range(MANY - 1):
        callers.append(Caller())
        callers[-1].client.cookies = session
    return together(MANY, lambda number: callers[number].post(f"{TASKS}brew", SAID, **headers))


@pytest.mark.django_db(transaction=True)
def test_what_dies_in_between_has_done_nothing(key):
    def die():
        store()
        raise SystemExit

    with pytest.raises(SystemExit):
        keys.once(key, alias="default", act=die)

    assert not Job.objects.exists()
    assert keys.once(key, alias="default", act=store)[1] is False
    assert Job.objects.count() == 1


@pytest.fixture
def old_and_new(settings):
    settings.TASKS_CORE = {"HTTP_KEYS": timedelta(hours=1)}
    old, new = clock.now() - timedelta(hours=2), clock.now() - timedelta(minutes=30)
    for name, at in (("old", old), ("new", new)):
        AnsweredKey.objects.create(digest=name, fingerprint="", stored_at=at)


@pytest.mark.django_db(transaction=True)
def test_a_key_is_forgotten_after_its_time(key, old_and_new):
    keys.once(key, alias="default", act=store)

    assert set(AnsweredKey.objects.values_list("pk", flat=True)) == {"new", key.digest}


@pytest.mark.django_db(transaction=True)
def test_in_the_transaction_of_a_request_keys_are_forgotten_behind_its_commit(key, old_and_new):
    with transaction.atomic():
        keys.once(key, alias="default", act=store)
        inside = AnsweredKey.objects.count()

    assert (inside, AnsweredKey.objects.count()) == (3, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_atomic", [True, False])
def test_what_cannot_be_forgotten_now_changes_no_answer(old_and_new, is_atomic, monkeypatch):
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", is_atomic)
    ada = Caller(person("ada", is_superuser=True))

    with connections["default"].execute_wrapper(deadlock_at_delete):
        answer = ada.post(f"{TASKS}brew", SAID, Idempotency_Key="a")

    assert answer.status_code == 201
    assert Job.objects.count() == 1
    assert AnsweredKey.objects.count() == 3


def deadlock_at_delete(execute, sql, *given):
    if sql.startswith("DELETE") and AnsweredKey._meta.db_table in sql:
        raise OperationalError(1213, "deadlock")
    return execute(sql, *given)
