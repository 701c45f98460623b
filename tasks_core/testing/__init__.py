"""What we test ourselves with, for the tests of projects and of other backends."""

from tasks_core.testing.assertions import assert_enqueued, assert_not_enqueued, enqueued
from tasks_core.testing.clock import FrozenClock, ScaledClock
from tasks_core.testing.conformance import BackendConformance, requires
from tasks_core.testing.drain import drain
from tasks_core.testing.own_functions import allow_own_functions_of_suites

allow_own_functions_of_suites()

__all__ = [
    "BackendConformance",
    "FrozenClock",
    "ScaledClock",
    "assert_enqueued",
    "assert_not_enqueued",
    "drain",
    "enqueued",
    "requires",
]
