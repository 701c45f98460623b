"""Declarations that exist only inside a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.test import override_settings

from scheduler import declarations


@contextmanager
def only_declared(schedule: Mapping[str, Any] | None = None) -> Iterator[None]:
    """
    Let SCHEDULE be ``schedule``, and no @periodic but what is declared inside the block.

    ``with only_declared({"tea": {"task": brew, "cron": "0 17 * * *"}}): …``
    """
    if not isinstance(schedule, Mapping | None):
        raise TypeError(
            f"only= is a dict of entries by key, as SCHEDULE is, not {type(schedule).__name__}."
        )
    before = list(declarations.noted)
    declarations.noted.clear()
    try:
        with override_settings(SCHEDULE=dict(schedule or {})):
            yield
    finally:
        declarations.noted[:] = before
