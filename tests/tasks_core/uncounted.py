"""A broken backend, for the negative control: its workers let jobs through without counting."""

from tasks_core.backends.database import DatabaseBackend


class UncountedBackend(DatabaseBackend):
    def admit_all(self, ended=None):
        from tasks_core.backends.database.limits import allowances

        allowances._counts = lambda *_: {}
        return super().admit_all(ended)
