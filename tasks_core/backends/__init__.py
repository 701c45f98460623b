"""The backends of the JOBS setting, by alias; built when first asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from django.core.signals import setting_changed
from django.dispatch import receiver
from django.utils.module_loading import import_string

from tasks_core import conf
from tasks_core.backends.base import BaseJobBackend
from tasks_core.exceptions import InvalidJobBackend, MissingExtra

if TYPE_CHECKING:
    from tasks_core.backends.database import DatabaseBackend


class JobBackends:
    """One instance per process and alias."""

    def __init__(self) -> None:
        self._built: dict[str, BaseJobBackend] = {}

    def __getitem__(self, alias: str) -> BaseJobBackend:
        if alias not in self._built:
            self._built[alias] = self._build(alias)
        return self._built[alias]

    def __iter__(self) -> Iterator[str]:
        return iter(conf.jobs())

    def of_databases(self) -> dict[str, DatabaseBackend]:
        """Return the backends that keep jobs in databases, by alias: the first of each database."""
        from tasks_core.backends.database import DatabaseBackend

        found: dict[str, DatabaseBackend] = {}
        for alias in self:
            with suppress(InvalidJobBackend):  # checks tell of it
                backend = self[alias]
                # Two backends on one database share their jobs.
                known = {each.database for each in found.values()}
                if isinstance(backend, DatabaseBackend) and backend.database not in known:
                    found[alias] = backend
        return found

    def of_database(self, database: str) -> DatabaseBackend:
        """Return the backend that keeps its jobs there; raise InvalidJobBackend if none does."""
        for backend in self.of_databases().values():
            if backend.database == database:
                return backend
        others = {each.database: alias for alias, each in self.of_databases().items()}
        where = "".join(
            f" .using({name!r}) has those of {alias!r}." for name, alias in others.items()
        )
        raise InvalidJobBackend(
            f"No backend of JOBS keeps its jobs in the database {database!r}.{where} Jobs that no "
            "database has are changed with manage.py jobs.",
            hint='JOBS = {"BACKEND": "tasks_core.backends.database.DatabaseBackend"}',
        )

    def forget(self) -> None:
        """Drop every instance, so that changed settings count."""
        self._built.clear()

    def _build(self, alias: str) -> BaseJobBackend:
        configured = conf.jobs()
        if alias not in configured:
            hint = conf.did_you_mean(alias, configured)
            raise InvalidJobBackend(f"JOBS has no backend {alias!r}.{hint}")
        config = configured[alias]
        if not isinstance(config, dict) or "BACKEND" not in config:
            raise InvalidJobBackend(f'JOBS[{alias!r}] must be a dict with the key "BACKEND".')
        backend_class = _imported(config["BACKEND"], alias)
        options = config.get("OPTIONS")
        if not isinstance(options, Mapping | None):
            raise InvalidJobBackend(f'JOBS[{alias!r}]["OPTIONS"] must be a dict, not {options!r}.')
        backend: BaseJobBackend = backend_class(options or {})
        backend.alias = alias
        return backend


def _imported(path: Any, alias: str) -> type[BaseJobBackend]:
    try:
        found = import_string(path) if isinstance(path, str) else path
    except MissingExtra as error:
        told = f"JOBS[{alias!r}]: {error}"
        raise InvalidJobBackend(told, hint=error.hint, check_id=error.check_id) from error
    except ImportError as error:
        raise InvalidJobBackend(f"JOBS[{alias!r}]: {error}") from error
    if not (isinstance(found, type) and issubclass(found, BaseJobBackend)):
        raise InvalidJobBackend(f"JOBS[{alias!r}]: {path!r} is not a subclass of BaseJobBackend.")
    return found


job_backends = JobBackends()


@receiver(setting_changed)
def forget_backends(*, setting: str, **kwargs: Any) -> None:
    if setting in {"JOBS", "TASKS", "TASKS_CORE"}:  # override_settings() in somebody's test
        job_backends.forget()
