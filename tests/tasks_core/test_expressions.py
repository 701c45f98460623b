"""Indexes serve whichever release of Django made them."""

import re

import pytest
from django.db import connection

from tasks_core.backends.database.claim import claim
from tasks_core.backends.database.questions import indexed, stuck
from tasks_core.backends.database.questions.look import look
from tasks_core.models import Job
from tests.tasks_core.rows import make_process
from tests.tasks_core.test_indexes import plans

# The others understand conditions.
pytestmark = [pytest.mark.django_db, pytest.mark.vendor("sqlite")]
FLAGS = {
    "until 6.0": {
        r"NOT \"parked\"|\"parked\" = 0": 'NOT "parked"',
        r"WHERE \"suspect\"( = 1)?$": 'WHERE "suspect"',
    },
    "since 6.1": {
        r"NOT \"parked\"|\"parked\" = 0": '"parked" = 0',
        r"WHERE \"suspect\"( = 1)?$": 'WHERE "suspect" = 1',
    },
}


@pytest.fixture(params=FLAGS)
def made_by(request):
    """Write the conditions of the indexes in the words of one release."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'"
        )
        for name, sql in cursor.fetchall():
            written = sql
            for form, words in FLAGS[request.param].items():
                written = re.sub(form, words, written)
            cursor.execute(f"DROP INDEX {name}")
            cursor.execute(written)


@pytest.mark.usefixtures("made_by")
def test_claims_find_their_index():
    owner = make_process().pk

    for queues in (None, ["mail"], ["mail", "reports"]):
        for plan in plans(
            lambda queues=queues: claim("default", owner=owner, limit=5, queues=queues),
            ("SELECT", "WITH"),
            "AND parked = 0",
        ):
            assert "job_claim_of_" in plan, plan
            assert "SCAN tasks_core_job" not in plan, plan
    for plan in plans(
        lambda: claim("default", owner=owner, limit=1, alone=True),
        ("SELECT", "WITH"),
        "suspect = 1",
    ):
        assert "job_suspect" in plan, plan


@pytest.mark.usefixtures("made_by")
@pytest.mark.parametrize(
    "ask",
    [
        lambda: look("default", make_process().pk),
        lambda: list(indexed.claimable("default")[:1]),
        lambda: stuck.suspects("default"),
        lambda: list(Job.objects.claimable()[:1]),
    ],
)
def test_questions_find_their_index(ask):
    for plan in plans(ask, start=("SELECT", "\nSELECT")):
        assert "SCAN tasks_core_job" not in plan, plan
