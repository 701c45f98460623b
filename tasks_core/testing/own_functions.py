"""While a test suite runs, its own functions may run as jobs."""

import site
import sys
import sysconfig
from pathlib import Path

from django.test import utils

from tasks_core import registry

_FOLDERS = [
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
    *site.getsitepackages(),
    site.getusersitepackages(),
    *(f"{prefix}/lib" for prefix in (sys.prefix, sys.base_prefix)),
]
_INSTALLED = {Path(folder).resolve() for folder in _FOLDERS}
_OF_DISTRIBUTIONS = frozenset({"site-packages", "dist-packages"})


def allow_own_functions() -> None:
    """Let functions run that live in a loaded module of this project, tests included."""
    _allow(_is_own_module)


def allow_own_functions_of_suites() -> None:
    """
    Allow the same, but only while Django's test environment is set up.

    So a worker into which something imports ``tasks_core.testing`` stays as it was.
    """
    _allow(_is_own_module_of_a_suite)


def _allow(rule: registry.Rule) -> None:
    if rule not in registry.extra_rules:
        registry.extra_rules.append(rule)


def _is_own_module_of_a_suite(name: str) -> bool:
    # What setup_test_environment() leaves and teardown_test_environment() removes; Django's
    # runner and pytest-django call them, a worker never does.
    return hasattr(utils._TestState, "saved_data") and _is_own_module(name)  # noqa: SLF001


def _is_own_module(name: str) -> bool:
    if name == "tasks_core.testing.jobs":  # what the conformance suite runs
        return True
    # Loaded already, so nothing is imported for it; and from a file that was not installed:
    # neither the standard library's nor another distribution's.
    path = getattr(sys.modules.get(name), "__file__", None)
    if path is None:
        return False
    resolved = Path(path).resolve()
    if _OF_DISTRIBUTIONS.intersection(resolved.parts):
        return False
    return not any(resolved.is_relative_to(root) for root in _INSTALLED)
