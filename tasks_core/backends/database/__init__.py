"""Jobs in a table of a Django database. One file for each arrow of the state diagram."""

from tasks_core.backends.database.backend import DatabaseBackend

__all__ = ["DatabaseBackend"]
