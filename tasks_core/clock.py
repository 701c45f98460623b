"""The only place that reads time. The database's clock decides; ours only measures waits."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import DateTimeField, Func
from django.db.models.functions import Now


class Transform(Protocol):
    """What a test kit may put between the real time and the time that decisions see."""

    def apply(self, moment: datetime) -> datetime:
        """Return the instant to pretend when it is really ``moment``."""

    def real_seconds(self, delta: timedelta) -> float:
        """Return how many real seconds pass while ``delta`` of pretended time does."""


class RealTime:
    def apply(self, moment: datetime) -> datetime:
        return moment

    def real_seconds(self, delta: timedelta) -> float:
        return delta.total_seconds()


transform: Transform = RealTime()
"""Replaced by ``tasks_core.testing`` to freeze or to speed up time; nobody else sets it."""

_DATABASE_CLOCK = {
    "postgresql": "SELECT clock_timestamp()",
    "mysql": "SELECT UTC_TIMESTAMP(6)",
    "oracle": "SELECT SYS_EXTRACT_UTC(SYSTIMESTAMP) FROM dual",
}
# When the statement began: one reading for all its rows, however old its transaction is.
_STATEMENT_CLOCK = {"postgresql": "statement_timestamp()", "mysql": "UTC_TIMESTAMP(6)"}
_TYPED_PARAMETER = {"postgresql": "%s::timestamptz"}


def now() -> datetime:
    """Return this machine's idea of the time, for ids and displays, never for decisions."""
    return transform.apply(datetime.now(UTC))


def db_now(alias: str = DEFAULT_DB_ALIAS) -> datetime:
    """
    Return the time of the database ``alias``, aware, in UTC: one reading for one decision.

    SQLite has no clock but its host's, which is ours.
    """
    connection = connections[alias]
    query = _DATABASE_CLOCK.get(connection.vendor)
    if query is None:
        return now()
    with connection.cursor() as cursor:
        cursor.execute(query)
        moment: datetime = cursor.fetchone()[0]
    # MySQL answers without a zone; PostgreSQL in the zone of the connection.
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return transform.apply(moment)


def sql_now(alias: str = DEFAULT_DB_ALIAS) -> tuple[str, tuple[Any, ...]]:
    """
    Return SQL that stands for the time of the database ``alias``, and its parameters.

    The database's own clock where it has one, read by the statement itself and so without a
    query; the parameter ``db_now(alias)`` where time is transformed, and on SQLite.
    """
    connection = connections[alias]
    if type(transform) is RealTime and connection.vendor in _STATEMENT_CLOCK:
        return _STATEMENT_CLOCK[connection.vendor], ()
    moment = connection.ops.adapt_datetimefield_value(db_now(alias))
    return _TYPED_PARAMETER.get(connection.vendor, "%s"), (moment,)


def monotonic() -> float:
    """Return seconds that only ever grow, for durations and waits."""
    return time.monotonic()


def real_seconds(delta: timedelta) -> float:
    """Return how long to really wait for ``delta``; differs only under a test's clock."""
    return transform.real_seconds(delta)


class DatabaseNow(Now):
    """The real time inside SQL, for leases: two processes never compare their own clocks."""

    def as_mysql(self, compiler: Any, connection: Any, **context: Any) -> tuple[str, Any]:
        # CURRENT_TIMESTAMP is in the session's zone; Django stores UTC.
        return self.as_sql(compiler, connection, template="UTC_TIMESTAMP(6)", **context)


class StatementNow(Func):
    """The time that decisions go by, read by the statement itself, as ``sql_now`` has it."""

    output_field = DateTimeField()

    def as_sql(self, compiler: Any, connection: Any, *args: Any, **context: Any) -> Any:
        return sql_now(connection.alias)


def sleep(seconds: float) -> None:
    """Pause this thread, for real."""
    time.sleep(seconds)
