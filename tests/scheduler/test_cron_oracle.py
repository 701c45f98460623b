"""Every night of the list against brute force: fixed expressions, then many random ones."""

import random
from bisect import bisect_right
from itertools import takewhile

import pytest

from scheduler.cron import next_after
from scheduler.triggers import Cron, due_times
from tests.scheduler.cron_oracle import BOUNDS, NIGHTS, ZONES

EXPRESSIONS = [
    "* * * * *", "*/15 * * * *", "7 * * * *", "30 */2 * * *", "*/20 1-3 * * *",  # wildcard
    "0 0 * * *", "30 0 * * *", "30 1 * * *", "15 2 * * *", "45 2 * * *", "0 3 * * *", "30 23 * * *",
    "0-59 2 * * *", "0,30 0-4 * * *", "20 0-23 * * *", "0 0,1,2,3 * * 0", "5 2 1-31/2 * *",
    "10 2 */2 * 0-7", "10 1 13 * 6", "10 3 */3 * 1",
    "30 2 L * *", "30 2 LW * *", "*/20 * * * 0#L", "30 2 * * 0#2", "0 0 L,1-3 * 0#5,6#1", "30 1 */2 * 0#L",
]  # fmt: skip
CASES_PER_NIGHT = 60


def ours(night, expression):
    trigger = Cron(expression, night.zone_name)
    return list(takewhile(lambda due_at: due_at <= night.end, due_times(trigger, night.start)))


def some_field(pick, low, high):
    a, b = sorted(pick.sample(range(low, high + 1), 2))
    step = pick.randint(2, 9)
    few = ",".join(map(str, sorted(pick.sample(range(low, high + 1), pick.randint(1, 4)))))
    kinds = ["*", f"*/{step if step <= high - low else 2}", few, f"{a}-{b}", f"{a}-{b}/2", str(a)]
    return pick.choice(kinds)


def some_expression(pick):
    minute, hour, day, month, weekday = BOUNDS
    # Hours of the night, or there would be little to see.
    hours = pick.choice([some_field(pick, *hour), some_field(pick, 0, 4), some_field(pick, 0, 3)])
    rest = [
        some_field(pick, *bounds) if pick.random() < chance else pick.choice(counted)
        for bounds, chance, counted in (
            (day, 0.3, ["*", "*", "L", "LW", "L,5"]),
            (month, 0.1, ["*"]),
            (weekday, 0.3, ["*", "*", "0#L", "0#2,3", "6#1"]),
        )
    ]
    return " ".join([some_field(pick, *minute), hours, *rest])


def test_there_are_at_least_twelve_zones():
    assert len(ZONES) >= 12


@pytest.mark.parametrize("night", NIGHTS, ids=str)
def test_a_night_of_known_expressions(night):
    for expression in EXPRESSIONS:
        assert ours(night, expression) == night.due_times(expression), expression


@pytest.mark.parametrize("night", NIGHTS, ids=str)
def test_a_night_of_random_expressions(night):
    pick = random.Random(str(night))
    for _ in range(CASES_PER_NIGHT):
        expression = some_expression(pick)
        expected = night.due_times(expression)
        assert ours(night, expression) == expected, expression
        for minute in pick.sample(night.minutes, 5):
            index = bisect_right(expected, minute.at)
            if index < len(expected):
                found = next_after(expression, night.zone, minute.at)
                assert found == expected[index], f"{expression} after {minute.at}"
