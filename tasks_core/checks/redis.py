"""Checks of the Redis backend: its options, and for who may ask it what the server says."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Info
from django.core.checks import Warning as CheckWarning
from django.core.exceptions import ImproperlyConfigured
from django.utils.functional import Promise
from django.utils.module_loading import import_string

from tasks_core.exceptions import InvalidJobBackend
from tasks_core.troubles import in_words

if TYPE_CHECKING:
    from tasks_core.backends.redis import RedisBackend

EXTRA = "pip install django-tasks-core[redis]"
URL = '"url": "redis://127.0.0.1:6379/0", "rediss://…" with TLS, or "unix:///run/redis.sock".'
LEVELS = {"E": Error, "W": CheckWarning}


def check_redis_options(backend: RedisBackend) -> list[CheckMessage]:
    """Return what is wrong with the values of OPTIONS and what they need; no server is asked."""
    return [*_library(backend), *_malformed(backend), *_secret(backend)]


def check_redis_server(backend: RedisBackend) -> list[CheckMessage]:
    """Return what the server says that would lose jobs; one that is away is a warning."""
    if find_spec("redis") is None:
        return list(_library(backend))
    from tasks_core.backends.redis import facts

    try:
        found = facts.ask(backend.place)
    except InvalidJobBackend as error:
        return [Error(str(error), hint=URL, id="tasks_core.E031")]
    except Exception as error:
        if in_words(error) is None:
            raise
        text = f"{backend}: {in_words(error)}; its settings were not looked at."
        return [CheckWarning(text, hint="Start it, or set OPTIONS['url'].", id="tasks_core.W031")]
    told: list[CheckMessage] = [
        LEVELS[each.check_id.split(".")[1][0]](
            f"{backend}: {each.text}.", hint=each.cure, id=each.check_id
        )
        for each in facts.complaints(found)
    ]
    if text := facts.unasked(found):
        hint = "Ask whoever runs it for noeviction and appendonly yes."
        told.append(Info(f"{backend}: {text}.", hint=hint, id="tasks_core.I030"))
    return told


def _library(backend: RedisBackend) -> Iterator[CheckMessage]:
    if find_spec("redis") is None:
        yield Error(
            f"{backend} needs redis-py, which is not installed.", hint=EXTRA, id="tasks_core.E030"
        )


def _malformed(backend: RedisBackend) -> Iterator[CheckMessage]:
    for name, problem in (("url", _url), ("prefix", _prefix), ("client", _client)):
        if name in backend.options and (told := problem(backend.options[name])):
            text, cure = told
            yield Error(f"{backend}: OPTIONS[{name!r}] {text}.", hint=cure, id="tasks_core.E031")


def _url(value: Any) -> tuple[str, str] | None:
    if isinstance(value, Promise):
        return None  # whoever made it lazy does not want to be asked yet
    if not isinstance(value, str):
        return f"must be a text, not {type(value).__name__}", URL
    if find_spec("redis") is None:
        return None
    from tasks_core.backends.redis.wire import is_url

    # Without the URL itself, which may have a password in it.
    return None if is_url(value) else ("is no URL that redis-py reads", URL)


def _prefix(value: Any) -> tuple[str, str] | None:
    cure = '"prefix": "shop": the keys begin with {shop}, which keeps them together in a cluster.'
    if isinstance(value, str) and value and not any(sign in value for sign in "{}\0 \n"):
        return None
    return f"must be some text without braces and spaces, not {value!r:.80}", cure


def _client(value: Any) -> tuple[str, str] | None:
    cure = '"client": "project.redis.client": a function without arguments that returns a client.'
    if isinstance(value, str):
        try:
            value = import_string(value)
        except ImportError as error:
            return f"cannot be imported: {error}", cure
    return None if callable(value) else (f"cannot be called: {value!r:.80}", cure)


def _secret(backend: RedisBackend) -> Iterator[CheckMessage]:
    # Calls are sealed with it: whoever may write to the server could run code else.
    try:
        _ = settings.SECRET_KEY
    except ImproperlyConfigured:
        yield Error(
            f"{backend} seals what it stores with SECRET_KEY, which is empty.",
            hint="Set SECRET_KEY, the same in every process.",
            id="tasks_core.E032",
        )
