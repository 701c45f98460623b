"""Jobs in tables of Django's ORM, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from django.core.checks import CheckMessage
from django.db import DEFAULT_DB_ALIAS
from django.utils.functional import SimpleLazyObject

from tasks_core import clock
from tasks_core.backends.served import ServedBackend
from tasks_core.backends.served.questions import Questions
from tasks_core.backends.served.verbs import Verbs

if TYPE_CHECKING:
    from tasks_core.backends.database import verbs as arrows
    from tasks_core.backends.database.questions import answers
else:
    # Imported at its first use: a backend may be built before models can be imported.
    arrows = SimpleLazyObject(lambda: import_module("tasks_core.backends.database.verbs"))
    answers = SimpleLazyObject(
        lambda: import_module("tasks_core.backends.database.questions.answers")
    )


class DatabaseBackend(ServedBackend):
    """
    Stores jobs with Django's ORM, in the caller's transaction.

    OPTIONS={"database": alias} puts the queue into a database of its own.
    """

    verbs: ClassVar[Verbs] = arrows
    questions: ClassVar[Questions] = answers

    def __init__(self, options: Mapping[str, Any]) -> None:
        super().__init__(options)
        self.database: str = options.get("database", DEFAULT_DB_ALIAS)

    @property
    def place(self) -> str:
        return self.database

    def now(self) -> datetime:
        return clock.db_now(self.database)

    def check(self) -> list[CheckMessage]:
        from tasks_core.checks.database import check_queue_database

        return check_queue_database(self)
