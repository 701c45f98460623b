"""What an error of a store means for those who run commands: a line, and what helps."""

import sys

from django.db import DEFAULT_DB_ALIAS, DatabaseError, InterfaceError, connections

from tasks_core.backends.database.transactions import is_outage

POSTGRESQL_UNKNOWN = frozenset({"42P01", "42703"})  # table, column
MYSQL_UNKNOWN = frozenset({1146, 1054})
SQLITE_UNKNOWN = ("no such table", "no such column", "has no column named")


def in_words(error: BaseException) -> str | None:
    """Return what is wrong with the store, or None if a traceback says more."""
    if (words := _of_redis(error)) is not None:
        return words
    if not isinstance(error, (DatabaseError, InterfaceError)):
        return None
    said = " ".join(str(error).split()).rstrip(".")
    if is_unmigrated(error):
        others = "".join(
            f", and: manage.py migrate --database {alias}"
            for alias in connections
            if alias != DEFAULT_DB_ALIAS
        )
        return f"tables are missing or out of date ({said}). Run: manage.py migrate{others}"
    return f"the database cannot be used: {said}" if is_outage(error) else None


def _of_redis(error: BaseException) -> str | None:
    """Without importing redis-py: who has met one of its errors has imported it."""
    redis = sys.modules.get("redis")
    if redis is None or not isinstance(error, redis.exceptions.RedisError):
        return None
    said = " ".join(str(error).split()).rstrip(".")
    return f"the Redis server cannot be used: {said} (see OPTIONS['url'] in JOBS)"


def is_unmigrated(error: BaseException) -> bool:
    """Say whether a table or a column is missing, as before a migration."""
    if getattr(error.__cause__, "sqlstate", None) in POSTGRESQL_UNKNOWN:
        return True
    if error.args and error.args[0] in MYSQL_UNKNOWN:
        return True
    return any(words in str(error) for words in SQLITE_UNKNOWN)
