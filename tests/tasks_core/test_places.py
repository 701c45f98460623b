"""A slow claim is followed by some that begin where it ended."""

from datetime import timedelta

import pytest

from tasks_core import background, ids
from tasks_core.attempts import Attempt
from tasks_core.backends.database import places as module
from tasks_core.backends.database.places import Places
from tasks_core.backends.database.statements import of
from tasks_core.backends.database.statements.asked import Asked, Place
from tasks_core.testing import drain
from tests.app.tasks import nothing
from tests.tasks_core.rows import NOON, make_job, make_process

ASKED = Asked(owner=ids.job_id(), limit=3)
SECOND = timedelta(seconds=1)


class Claims:
    """Remembers what was asked, and gives a job of priority 5."""

    def __init__(self):
        self.asked = []

    def __call__(self, asked):
        self.asked.append(asked)
        return [Attempt(job_id=ids.job_id(), task="a", priority=5, run_after=NOON)]

    @property
    def places(self):
        return [asked.place for asked in self.asked]


def test_a_quick_claim_always_begins_at_the_start(monkeypatch):
    monkeypatch.setattr(module, "SLOW", float("inf"))
    places, claims = Places(), Claims()

    for _ in range(3):
        places.claim("a", ASKED, claims)

    assert claims.places == [None, None, None]


def test_after_a_slow_claim_the_next_begin_where_it_ended(monkeypatch):
    monkeypatch.setattr(module, "SLOW", -1.0)
    monkeypatch.setattr(module, "REST", 1e9)
    places, claims = Places(), Claims()

    for _ in range(3):
        places.claim("a", ASKED, claims)
    places.claim("b", ASKED, claims)

    assert claims.places == [None, Place(5, NOON), Place(5, NOON), None]


def test_in_the_end_what_was_passed_over_is_looked_for(monkeypatch):
    monkeypatch.setattr(module, "SLOW", -1.0)
    monkeypatch.setattr(module, "REST", 0.0)
    places, claims = Places(), Claims()

    for _ in range(3):
        places.claim("a", ASKED, claims)

    assert claims.places == [None, None, None]


def test_where_nothing_is_left_the_next_begins_at_the_start_at_once(monkeypatch):
    monkeypatch.setattr(module, "SLOW", -1.0)
    monkeypatch.setattr(module, "REST", 1e9)
    places, claims = Places(), Claims()
    places.claim("a", ASKED, claims)
    claims.asked.clear()

    found = places.claim("a", ASKED, lambda asked: [] if asked.place else claims(asked))

    assert found
    assert claims.places == [None]


@pytest.mark.django_db(transaction=True)
def test_a_slow_claim_hides_no_less_important_job(monkeypatch):
    monkeypatch.setattr(module, "SLOW", -1.0)
    monkeypatch.setattr(module, "REST", 1e9)
    for priority in (9, 5, 0):
        background.enqueue(nothing, priority=priority)

    assert [attempt.priority for attempt, _ in drain()] == [9, 5, 0]


@pytest.mark.django_db
@pytest.mark.vendor("postgresql")
@pytest.mark.parametrize("queues", [None, ["default"]])
def test_a_claim_from_a_place_takes_the_more_important_and_the_younger(queues):
    make_job(priority=5, run_after=NOON - SECOND)
    make_job(priority=4)
    wanted = [
        make_job(priority=6, run_after=NOON - SECOND),
        make_job(priority=5),
        make_job(priority=5, run_after=NOON + SECOND),
    ]
    asked = Asked(owner=make_process().pk, limit=9, queues=queues, place=Place(5, NOON), now=NOON)

    found = of("default").claim("default", asked)

    assert [attempt.job_id for attempt in found] == [job.pk for job in wanted]
