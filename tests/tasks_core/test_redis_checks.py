"""What is said of a Redis backend before its jobs are lost: by its options, and by its server."""

from urllib.parse import urlsplit

import pytest
import redis
from django.core.checks import run_checks
from django.core.management import CommandError, call_command

from tasks_core import background, job_backends
from tasks_core.backends.redis import facts
from tasks_core.backends.redis.facts import Facts
from tasks_core.checks.server import check_other_servers
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.management.troubles import told_in_a_sentence
from tests import services
from tests.app.tasks import nothing
from tests.tasks_core.redis_keys import server

REDIS = "tasks_core.backends.redis.RedisBackend"
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def configured(settings):
    """Let JOBS have one backend, in Redis, with these options."""

    def configure(**options):
        settings.JOBS = {"default": {"BACKEND": REDIS, "OPTIONS": options}}
        return job_backends["default"]

    return configure


@pytest.fixture
def quick(monkeypatch):
    """Ask a server that is away once, and not for two seconds."""
    monkeypatch.setattr("tasks_core.backends.redis.wire.TRIES", 1)


def told():
    return {
        message.id.removeprefix("tasks_core."): message for message in run_checks(tags=["jobs"])
    }


@pytest.mark.parametrize(
    ("options", "check_id", "words"),
    [
        ({}, None, ""),
        ({"url": "rediss://user:word@example.com:6380/2"}, None, ""),
        ({"url": "unix:///run/redis.sock", "prefix": "shop"}, None, ""),
        ({"client": dict}, None, ""),
        ({"client": "tests.services.redis_url"}, None, ""),
        ({"ulr": "redis://x"}, "E003", "unknown OPTIONS 'ulr'"),
        ({"url": "localhost:6379"}, "E031", "no URL that redis-py reads"),
        ({"url": 6379}, "E031", "must be a text, not int"),
        ({"prefix": ""}, "E031", "without braces"),
        ({"prefix": "{shop}"}, "E031", "without braces"),
        ({"prefix": 7}, "E031", "not 7"),
        ({"client": "nowhere.to.be.found"}, "E031", "cannot be imported"),
        ({"client": "tests.services.PORTS"}, "E031", "cannot be called"),
    ],
)
def test_a_wrong_option_is_found_with_its_cure(configured, options, check_id, words):
    configured(**options)

    found = told()
    assert list(found) == ([check_id] if check_id else [])
    for message in found.values():
        assert words in message.msg
        assert message.hint


def test_a_password_in_a_url_is_not_told(configured):
    configured(url="http://user:secret@example.com")

    assert "secret" not in str(told()["E031"])


def test_without_redis_py_the_extra_is_named(configured, monkeypatch):
    monkeypatch.setattr("tasks_core.checks.redis.find_spec", lambda name: None)
    backend = configured(url="redis://x")

    assert "django-tasks-core[redis]" in told()["E030"].hint
    assert [each.id for each in backend.check_server()] == ["tasks_core.E030"]


def test_without_a_secret_key_nothing_could_be_sealed(configured, settings):
    configured()
    settings.SECRET_KEY = ""

    assert "SECRET_KEY" in told()["E032"].msg


SOUND = {"redis_version": "7.2.4", "role": "master", "aof_enabled": "1"}


@pytest.mark.parametrize(
    ("info", "config", "check_id", "words"),
    [
        ({}, {}, None, ""),
        ({"redis_version": "6.2.0"}, {}, None, ""),
        ({"redis_version": "6.0.16"}, {}, "E033", "6.0.16"),
        ({"maxmemory_policy": "allkeys-lru"}, {}, "E034", "allkeys-lru"),
        ({}, {"maxmemory-policy": "volatile-ttl"}, "E034", "volatile-ttl"),
        ({"role": "slave"}, {}, "E035", "replica"),
        ({"aof_enabled": "0"}, {"save": "3600 1"}, "W030", "since its last snapshot"),
        ({"aof_enabled": "0"}, {"save": ""}, "W030", "a restart loses every job"),
        ({"aof_enabled": "0"}, {}, "W030", "if it takes any"),
        ({"cluster_enabled": "1"}, {}, "W032", "node of a cluster"),
    ],
)
def test_what_a_server_says_of_itself(info, config, check_id, words):
    found = list(facts.complaints(Facts(info=SOUND | info, config=config)))

    assert [each.check_id for each in found] == ([f"tasks_core.{check_id}"] if check_id else [])
    assert all(words in each.text and each.cure for each in found)


def test_of_a_server_that_says_nothing_nothing_is_claimed():
    silent = Facts(refused=("INFO", "CONFIG"))

    assert list(facts.complaints(silent)) == []
    assert "INFO and CONFIG" in facts.unasked(silent)


def test_the_servers_are_asked_only_where_a_database_may_be():
    assert check_other_servers(databases=None) == []

    found = {message.id for message in check_other_servers(databases=["default"])}
    assert found == {"tasks_core.W030"}  # that of the tests keeps nothing


def test_a_server_that_hides_its_settings_is_no_failure(configured):
    limited = "-config -info"
    server().client.execute_command(
        "ACL", "SETUSER", "limited", "on", "nopass", "~*", "+@all", *limited.split()
    )
    backend = configured(url=f"redis://limited:any@{urlsplit(services.redis_url()).netloc}/0")

    [message] = backend.check_server()
    assert (message.id, message.is_serious()) == ("tasks_core.I030", False)
    assert "INFO and CONFIG" in message.msg


def test_a_server_without_such_a_database_is_not_one_that_hides_its_settings(configured):
    [message] = configured(url=f"{services.redis_url().rstrip('0123456789')}99").check_server()

    assert message.id == "tasks_core.W031"
    assert "DB index is out of range" in message.msg


def test_who_asks_the_server_is_told_of_a_url_that_is_none(configured):
    [message] = configured(url="127.0.0.1:6379").check_server()

    assert message.id == "tasks_core.E031"


def test_a_call_that_finds_no_server_names_the_backend_and_the_option(configured, quick):
    configured(url=NOWHERE, on_commit=False)

    with pytest.raises(redis.exceptions.ConnectionError) as caught:
        background.enqueue(nothing)

    [note] = caught.value.__notes__
    assert "RedisBackend ('default' in JOBS) was given 1 call" in note
    assert "OPTIONS['url']" in note


def test_a_call_with_a_url_that_is_none_is_told_so(configured):
    configured(url="127.0.0.1:6379", on_commit=False)

    with pytest.raises(InvalidJobBackend, match=r"OPTIONS\['url'\] in JOBS is no URL"):
        background.enqueue(nothing)


def test_a_server_that_is_away_is_a_warning(configured, quick):
    [message] = configured(url=NOWHERE).check_server()

    assert message.id == "tasks_core.W031"
    assert "cannot be used" in message.msg


@pytest.mark.django_db
def test_a_worker_refuses_a_server_that_would_lose_jobs(configured, monkeypatch):
    evicting = Facts(info=SOUND | {"maxmemory_policy": "allkeys-lru"})
    monkeypatch.setattr(facts, "ask", lambda place: evicting)
    configured(url=services.redis_url())

    with pytest.raises(CommandError, match="allkeys-lru") as caught:
        call_command("run_worker", "--once")
    assert caught.value.returncode == 2


@pytest.mark.django_db
def test_a_worker_without_its_server_says_so_in_a_sentence(configured, quick):
    configured(url=NOWHERE)

    with pytest.raises(
        CommandError, match=r"^The Redis server cannot be used: .*refused"
    ) as caught:
        call_command("run_worker", "--once")
    assert caught.value.returncode == 1


@pytest.mark.django_db
def test_without_redis_py_a_command_leaves_with_a_sentence(configured, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "tasks_core.backends.redis.server", None)
    backend = configured()

    missing = pytest.raises(CommandError, match=r"django-tasks-core\[redis\]")
    with missing as caught, told_in_a_sentence():
        _ = backend.place
    assert caught.value.returncode == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.vendor("sqlite")
def test_a_worker_waits_for_a_server_that_is_away_and_says_so_in_sentences(run_worker):
    options = {"BACKEND": REDIS, "OPTIONS": {"url": NOWHERE}}

    child = run_worker(settings={"JOBS": options})
    child.wait_for("worker failed, next try in 1 s: the Redis server cannot be used")

    assert child.stop() == 0
    assert "its settings were not looked at" in child.output
    assert "Traceback" not in child.output
