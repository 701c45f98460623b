"""Which sources there are: a file each, with a ``read(origin)``."""

from __future__ import annotations

from importlib import import_module

from scheduler.importing.origin import Origin
from scheduler.importing.readings import Found

SOURCES = (
    "celery",
    "django-celery-beat",
    "crontab",
    "huey",
    "apscheduler",
    "django-background-tasks",
)


def read(source: str, origin: Origin) -> Found:
    """Return what ``source`` holds. Raises OperationRefused when it cannot be looked into."""
    module = import_module(f"scheduler.importing.{source.replace('-', '_')}")
    found: Found = module.read(origin)
    return found
