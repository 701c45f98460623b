"""The control of the poison pack: a backend for which no job is ever to blame."""

from tasks_core.backends.database import DatabaseBackend


class ForgivingBackend(DatabaseBackend):
    """Gives back what died while it ran as if it had never been claimed."""

    def bury(self, process_id, started, reasons=None):
        return super().bury(process_id, ())
