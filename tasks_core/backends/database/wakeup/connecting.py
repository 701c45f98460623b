"""A connection for one purpose, beside those that Django keeps for each thread."""

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper


def own_connection(alias: str) -> BaseDatabaseWrapper:
    """
    Return a new connection as the settings of ``alias`` describe it, for the calling thread.

    Never one of a pool: it is held for as long as its purpose lasts.
    """
    # Through Django's own class, so that a project's engine (passwords that change, a proxy)
    # has its say.
    connection: BaseDatabaseWrapper = connections[alias].copy()
    connection.settings_dict["OPTIONS"].pop("pool", None)
    connection.settings_dict["AUTOCOMMIT"] = True
    return connection
