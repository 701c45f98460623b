"""When to try again."""

from datetime import timedelta

import pytest

from tasks_core import retries

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


@pytest.mark.parametrize(
    ("attempt", "longest"),
    [(1, 5 * SECOND), (2, 15 * SECOND), (3, 45 * SECOND), (4, 135 * SECOND), (7, HOUR), (8, HOUR)],
)
def test_the_longest_wait_triples_up_to_an_hour(attempt, longest):
    assert retries.ceiling(attempt) == longest


@pytest.mark.parametrize("attempt", [100, 10_000, 10**9])
def test_a_job_retried_for_years_does_not_overflow(attempt):
    assert retries.delay(attempt) <= HOUR


def test_the_jitter_is_full():
    waits = [retries.delay(3) / retries.ceiling(3) for _ in range(2000)]

    assert all(0 <= wait <= 1 for wait in waits)
    assert min(waits) < 0.05
    assert max(waits) > 0.95
    assert 0.45 < sum(waits) / len(waits) < 0.55


@pytest.mark.parametrize(
    ("backoff", "wait"),
    [
        (90, 90 * SECOND),
        (0.5, SECOND / 2),
        (HOUR, HOUR),
        (lambda attempt: attempt * HOUR, 2 * HOUR),
        (lambda attempt: 10**attempt, 100 * SECOND),
        (-5, timedelta(0)),
    ],
)
def test_a_declared_back_off_is_taken_as_it_is(backoff, wait):
    assert retries.delay(2, backoff) == wait


def test_the_defaults_are_settings(settings):
    settings.TASKS_CORE = {"BACKOFF": SECOND, "BACKOFF_FACTOR": 2, "BACKOFF_CAP": 3 * SECOND}

    assert [retries.ceiling(attempt) for attempt in (1, 2, 3)] == [SECOND, 2 * SECOND, 3 * SECOND]
