"""Ways to do one thing, each in turn, so that what else goes on is everybody's."""

from collections.abc import Callable, Mapping
from itertools import cycle, permutations
from time import perf_counter
from typing import Any

Times = dict[str, list[float]]


def in_turns(ways: Mapping[str, Callable[[], Any]], *, rounds: int) -> Times:
    """Return the seconds of each way in each round, of which one more comes first to warm up."""
    times: Times = {way: [] for way in ways}
    for number, turns in zip(range(rounds + 1), cycle(permutations(ways)), strict=False):
        for way in turns:
            took = timed(ways[way])
            if number:
                times[way].append(took)
    return times


def timed(act: Callable[[], Any]) -> float:
    """Return how many seconds it takes."""
    began = perf_counter()
    act()
    return perf_counter() - began
