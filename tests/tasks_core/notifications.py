"""What a bystander hears on PostgreSQL's channel."""

from collections.abc import Iterator
from contextlib import contextmanager

from tasks_core.backends.database.wakeup.connecting import own_connection
from tasks_core.backends.database.wakeup.telling import CHANNEL

END = "the end"


class Ear:
    """A connection of its own that listens."""

    def __init__(self, connection):
        self.connection = connection
        self.say(f"LISTEN {CHANNEL}")

    def say(self, sql, *parameters):
        with self.connection.cursor() as cursor:
            cursor.execute(sql, parameters)

    def heard(self):
        """Return what was told since the last call; nothing that was committed is missing."""
        # Notifications come in the order of their commits, so all are here when this one is.
        self.say("SELECT pg_notify(%s, %s)", CHANNEL, END)
        found = []
        while END not in found:
            news = self.connection.connection.notifies(timeout=60, stop_after=1)
            found += [each.payload for each in news]
        return found[: found.index(END)]


@contextmanager
def listening() -> Iterator[Ear]:
    connection = own_connection("default")
    try:
        yield Ear(connection)
    finally:
        connection.close()
