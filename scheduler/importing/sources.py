"""Which sources there are: a file each, with ``read(origin)``, and ``NOTHING`` for who is empty."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import import_module

from scheduler.importing.origin import Origin, asking
from scheduler.importing.readings import Found

# What each must or may be told.
SOURCES: Mapping[str, tuple[str, ...]] = {
    "celery": ("app", "map"),
    "django-celery-beat": ("app", "database", "map"),
    "crontab": ("file", "system", "timezone"),
    "huey": ("app", "timezone", "map"),
    "apscheduler": ("app", "map"),
    "django-background-tasks": ("database", "map"),
}


def read(source: str, origin: Origin) -> Found:
    """Return what ``source`` holds. Raises OperationRefused when it cannot be looked into."""
    module = import_module(f"scheduler.importing.{source.replace('-', '_')}")
    with asking(f"What {source} holds cannot be read"):
        found: Found = module.read(origin)
    if not (found.schedules or found.jobs):
        return replace(found, notes=(module.NOTHING,))
    return found
