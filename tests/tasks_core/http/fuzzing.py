"""Schemathesis against the site in this process, by its own document."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth

from tasks_core.http import keys
from tests.tasks_core.http.callers import Caller

numbers = count()
CSRF = "a" * 32
TO_COME = {"expires_at", "until"}
DETERMINISTIC = settings(
    database=None,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def fuzz(document: dict[str, Any], caller: Caller, *, examples: int) -> Iterator[str]:
    """Yield what is wrong with the answers to requests that fit the document, and to others."""
    schema = schemathesis.openapi.from_dict(document)
    schema.app = WSGIHandler()
    # Refused everywhere, but no schema says of any JSON that there is no NUL in it.
    schema.config.generation.update(allow_x00=False, with_security_parameters=False)
    with one_connection():
        for found in schema.get_all_operations():
            for mode in GenerationMode:
                yield from _answers(found.ok(), mode, caller, examples=examples)


@contextmanager
def one_connection() -> Iterator[None]:
    """Leave the connection of the test, which has the data, open between requests."""
    ends = (signals.request_started, signals.request_finished)
    for each in ends:
        each.disconnect(close_old_connections)
    try:
        yield
    finally:
        for each in ends:
            each.connect(close_old_connections)


def _answers(operation: Any, mode: GenerationMode, caller: Caller, *, examples: int) -> list[str]:
    found: dict[str, str] = {}
    cookies = {name: morsel.value for name, morsel in caller.client.cookies.items()}

    @settings(DETERMINISTIC, max_examples=examples)
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:
        if keys.PATTERN.fullmatch(str(case.headers.get(keys.HEADER, ""))):
            case.headers[keys.HEADER] = str(next(numbers))  # one key for two requests is refused
        if mode is GenerationMode.POSITIVE and isinstance(case.body, dict):
            # No schema says of an instant that it is still to come.
            case.body |= dict.fromkeys(TO_COME & case.body.keys(), "9999-12-31T00:00:00Z")
        try:
            case.call_and_validate(
                cookies={**cookies, "csrftoken": CSRF},
                headers={"X-CSRFToken": CSRF},
                excluded_checks=[ignored_auth],  # these cookies go with everything
            )
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001 - told to who asked
            found.setdefault(str(error)[:60], f"{operation.label}, {mode.value}: {error}")

    try:
        call()
    except Unsatisfiable:  # an operation that takes nothing can be given nothing wrong
        assert mode is GenerationMode.NEGATIVE
    return list(found.values())
