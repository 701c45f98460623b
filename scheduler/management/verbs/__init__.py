"""
The verbs of ``manage.py schedules``, a file each. They ask and print; others know how.

A file with ``add_to(verbs)`` is a verb, and needs no entry elsewhere.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import Any


def add_all(verbs: Any) -> None:
    """Add the verb of each file of this folder, in the order of their names."""
    for name in sorted(module.name for module in iter_modules(__path__)):
        import_module(f"{__name__}.{name}").add_to(verbs)
