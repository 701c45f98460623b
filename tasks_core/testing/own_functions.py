"""While a test suite runs, its own functions may run as jobs."""

import sys
import sysconfig
from pathlib import Path

from tasks_core import registry

_INSTALLED = tuple(
    Path(sysconfig.get_path(name)).resolve()
    for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


def allow_own_functions() -> None:
    """Let functions run that live in a loaded module of this project, tests included."""
    if _is_own_module not in registry.extra_rules:
        registry.extra_rules.append(_is_own_module)


def _is_own_module(name: str) -> bool:
    if name == "tasks_core.testing.jobs":  # what the conformance suite runs
        return True
    # Loaded already, so nothing is imported for it; and from a file that was not installed:
    # neither the standard library's nor another distribution's.
    path = getattr(sys.modules.get(name), "__file__", None)
    if path is None:
        return False
    resolved = Path(path).resolve()
    return not any(resolved.is_relative_to(root) for root in _INSTALLED)
