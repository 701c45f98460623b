"""What people configure: where the server is, and what its keys begin with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from importlib import import_module
from typing import TYPE_CHECKING, ClassVar

from django.core.checks import CheckMessage
from django.utils.functional import SimpleLazyObject
from django.utils.module_loading import import_string

from tasks_core.backends.elsewhere import ElsewhereBackend
from tasks_core.backends.served import ServedBackend
from tasks_core.backends.served.questions import Questions
from tasks_core.backends.served.verbs import Verbs
from tasks_core.calls import Call
from tasks_core.exceptions import InvalidJobBackend
from tasks_core.results import JobResult
from tasks_core.troubles import in_words
from tasks_core.words import counted

if TYPE_CHECKING:
    from tasks_core.backends.redis import verbs as arrows
    from tasks_core.backends.redis.questions import answers
    from tasks_core.backends.redis.server import Server
else:
    # Imported at its first use: redis-py is an extra, and models come later than backends.
    arrows = SimpleLazyObject(lambda: import_module("tasks_core.backends.redis.verbs"))
    answers = SimpleLazyObject(lambda: import_module("tasks_core.backends.redis.questions.answers"))

URL = "redis://127.0.0.1:6379/0"
PREFIX = "tasks"
CURE = "Its server is that of OPTIONS['url'], or of what OPTIONS['client'] returns."


class RedisBackend(ElsewhereBackend, ServedBackend):
    """
    Stores jobs in Redis (6.2 or later) or Valkey, where one script moves a job or none does.

    OPTIONS: ``url`` of the server; ``prefix`` of its keys, so that projects can share one;
    ``client``, the dotted path of a function that returns a client of redis-py, for Sentinel,
    a cluster, or what a URL cannot say; ``on_commit`` False to store calls before the
    transaction commits in which they are made.
    """

    known_options: ClassVar[Mapping[str, str]] = {
        **ElsewhereBackend.known_options,
        "url": "the server's address",
        "prefix": "what its keys begin with",
        "client": "a function that returns a client of redis-py",
    }
    verbs: ClassVar[Verbs] = arrows
    questions: ClassVar[Questions] = answers

    @cached_property
    def place(self) -> Server:
        try:
            from tasks_core.backends.redis.server import Server
        except ImportError as error:
            raise InvalidJobBackend(
                f"{self} needs redis-py: pip install django-tasks-core[redis]"
            ) from error
        client = self.options.get("client")
        return Server(
            url=str(self.options.get("url", URL)),
            prefix=self.options.get("prefix", PREFIX),
            client=import_string(client) if isinstance(client, str) else client,
        )

    def enqueue_many(self, calls: Sequence[Call]) -> list[JobResult]:
        # Jobs that do not exist yet must be named; to those that do, the store gives ids itself.
        return super().enqueue_many(calls) if self.waits_for_commit() else self.push(calls)

    def push(self, calls: Sequence[Call]) -> list[JobResult]:
        try:
            return ServedBackend.enqueue_many(self, calls)
        except Exception as error:
            if in_words(error):
                error.add_note(f"{self} was given {counted(len(calls), 'call')}. {CURE}")
            raise

    def now(self) -> datetime:
        return self.place.now()

    def check(self) -> list[CheckMessage]:
        from tasks_core.checks.redis import check_redis_options

        return [*super().check(), *check_redis_options(self)]

    def check_server(self) -> list[CheckMessage]:
        from tasks_core.checks.redis import check_redis_server

        return check_redis_server(self)
