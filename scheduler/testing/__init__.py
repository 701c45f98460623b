"""Test your own schedules: which are declared, when they are due, what they do then."""

from scheduler.testing.declared import only_declared
from scheduler.testing.simulation import simulate

__all__ = ["only_declared", "simulate"]
