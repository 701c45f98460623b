"""The time of the database, as a value and inside a statement."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from tasks_core import clock
from tasks_core.testing import FrozenClock
from tests.tasks_core.rows import NOON

pytestmark = pytest.mark.django_db


def told():
    """Return what a statement takes for the time, as an aware datetime."""
    fragment, params = clock.sql_now()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {fragment}", params)
        [moment] = cursor.fetchone()
    if isinstance(moment, str):  # SQLite has no type for it
        moment = datetime.fromisoformat(moment)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def test_a_statement_and_a_question_tell_the_same_time():
    before, inside, after = clock.db_now(), told(), clock.db_now()

    assert before <= inside <= after


@pytest.mark.vendor("postgresql", "mysql")
def test_the_time_of_a_statement_costs_no_question():
    with CaptureQueriesContext(connection) as queries:
        clock.sql_now()

    assert len(queries) == 0


def test_a_test_may_stop_the_time_of_statements_too():
    with FrozenClock(NOON) as frozen:
        assert told() == NOON

        frozen.advance(hours=1)
        assert told() == NOON + timedelta(hours=1)


@pytest.mark.django_db(transaction=True)
def test_time_goes_on_within_a_transaction():
    with transaction.atomic():
        first = told()

        assert told() > first
