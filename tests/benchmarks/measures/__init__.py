"""What is measured: functions of a prepared product and options that return figures."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

MODULES = {
    "enqueue": "throughput",
    "drain": "throughput",
    "pickup": "latency",
    "deferred": "latency",
    "idle": "cost",
    "cold": "cost",
    "claim": "claims",
    "due": "schedules.due",
    "punctual": "schedules.punctual",
    "waiting": "schedules.waiting",
    "sync": "schedules.sync",
}
ORDER = tuple(MODULES)


def measure_named(name: str) -> Callable[..., dict[str, Any]]:
    module = import_module(f"tests.benchmarks.measures.{MODULES[name]}")
    found: Callable[..., dict[str, Any]] = getattr(module, name)
    return found


def percentiles(values: list[float], *, digits: int = 2) -> dict[str, float]:
    """Return the 50th, 95th and 99th percentile and the extremes, rounded."""
    ordered = sorted(values)
    if not ordered:
        return {"n": 0}

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], digits)

    return {
        "n": len(ordered),
        "min": at(0),
        "p50": at(0.5),
        "p95": at(0.95),
        "p99": at(0.99),
        "max": at(1),
    }
