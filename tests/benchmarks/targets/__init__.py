"""What this product wants to be: each row of the table, and whether a run has met it."""

from tests.benchmarks.targets import queue, schedules
from tests.benchmarks.targets.judging import Target, Verdict, judge

__all__ = ["TARGETS", "Target", "Verdict", "judge"]

TARGETS = [*queue.TARGETS, *schedules.TARGETS]
