"""Refusing: what could not be stored or found again is refused at the call."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from tasks_core.exceptions import InvalidCall, UnsupportedFeature
from tasks_core.testing import jobs
from tasks_core.testing.conformance.base import Conformance, requires

REFUSED_ARGUMENTS = [
    float("nan"),
    float("inf"),
    "\0",
    "\ud800",
    {1: "one"},
    object(),
    b"bytes",
    {"a", "set"},
    datetime(2026, 1, 1, tzinfo=UTC),
    "x" * 70_000,
    10**5000,
]


class Refusing(Conformance):
    @requires("enqueue")
    def test_what_a_worker_could_not_find_is_refused(self) -> None:
        unfindable = [lambda: None, partial(jobs.remember, 1), [].append, "no.such.path", len, 7]
        for func in unfindable:
            self.refuses(func)

    @requires("enqueue")
    def test_what_no_store_keeps_is_refused(self) -> None:
        for value in REFUSED_ARGUMENTS:
            self.refuses(jobs.remember, [value])
        deep: Any = 0
        for _ in range(1000):
            deep = [deep]
        self.refuses(jobs.remember, [deep])

    @requires("enqueue")
    def test_options_out_of_range_are_refused(self) -> None:
        wrong = (
            {"priority": 101},
            {"priority": 1.5},
            {"queue": ""},
            {"max_attempts": 0},
            {"typo": 1},
        )
        for options in wrong:
            self.refuses(jobs.remember, **options)

    def refuses(self, func: Any, args: Any = (), **options: Any) -> None:
        try:
            self.background.enqueue(func, args, **options)
        except (InvalidCall, UnsupportedFeature):
            return
        raise AssertionError(f"accepted {func!r}, {args!r:.60}, {options!r}")
