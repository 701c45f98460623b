"""The lists ask as few questions of many rows as of few, and none of them looks at every row."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scheduler.models import Occurrence, OperatorAction, Schedule
from tests.scheduler.admin_pages import NOTHING, page
from tests.scheduler.places import MINUTE, at

pytestmark = pytest.mark.django_db

MOST = 25  # questions for a page, sign-in included


def schedules(count, *, first=0):
    moment = at(8)
    Schedule.objects.bulk_create(
        Schedule(
            key=f"report-{number:06}",
            task=NOTHING,
            trigger="cron 0 9 * * * UTC",
            watermark=moment,
            floor=moment,
            known_since=moment,
            next_due_at=at(9),
        )
        for number in range(first, first + count)
    )


def occurrences(count, *, schedules):
    Occurrence.objects.bulk_create(
        Occurrence(
            schedule_key=f"report-{number % schedules:06}",
            due_at=at(8) + MINUTE * number,
            until_at=at(8) + MINUTE * number,
            outcome="skipped",
            reason="paused",
            recorded_at=at(8) + timedelta(seconds=number),
        )
        for number in range(count)
    )


def questions(client, address, **query):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(address, query).status_code == 200
    return [each["sql"] for each in asked]


@pytest.mark.parametrize("query", [{}, {"q": "report-0000"}, {"state": "active"}, {"o": "4"}])
def test_a_list_asks_no_more_of_many_schedules(admin_client, query):
    schedules(5)
    occurrences(20, schedules=5)
    few = len(questions(admin_client, page("changelist"), **query))

    schedules(150, first=5)
    occurrences_of_many = 155
    Occurrence.objects.all().delete()
    occurrences(310, schedules=occurrences_of_many)
    many = len(questions(admin_client, page("changelist"), **query))

    assert many <= few <= MOST


def test_a_list_asks_no_more_of_a_long_ledger(admin_client):
    occurrences(5, schedules=2)
    address = page("changelist", model="occurrence")
    few = len(questions(admin_client, address))

    Occurrence.objects.all().delete()
    occurrences(250, schedules=2)
    many = len(questions(admin_client, address))

    assert many <= few <= MOST


@pytest.mark.parametrize("model", ["schedule", "occurrence", "operatoraction"])
def test_no_list_counts_every_row(admin_client, model):
    schedules(3)
    occurrences(3, schedules=2)

    counts = [
        sql for sql in questions(admin_client, page("changelist", model=model)) if "COUNT(" in sql
    ]

    assert counts
    assert [sql for sql in counts if "LIMIT" not in sql] == []


def test_a_page_of_a_schedule_asks_no_more_of_a_long_past(admin_client):
    schedules(1)
    occurrences(3, schedules=1)
    few = len(questions(admin_client, page("change", "report-000000")))

    Occurrence.objects.all().delete()
    occurrences(200, schedules=1)
    many = len(questions(admin_client, page("change", "report-000000")))

    assert many <= few


def plan(sql):
    with connection.cursor() as cursor:
        cursor.execute(
            f"EXPLAIN QUERY PLAN {sql}" if connection.vendor == "sqlite" else f"EXPLAIN {sql}"
        )
        return " ".join(str(row) for row in cursor.fetchall())


@pytest.mark.vendor("sqlite")
@pytest.mark.parametrize(
    ("model", "query", "index"),
    [
        ("schedule", {"q": "report-0"}, "(key>? AND key<?)"),
        ("occurrence", {}, "recorded_at"),
        ("occurrence", {"schedule_key": "report-000001"}, "(schedule_key=?)"),
        ("occurrence", {"q": "report-00000"}, "schedule_key=?"),
        ("operatoraction", {}, "tasks_scheduler_operatoraction_at"),
    ],
)
def test_the_page_is_found_by_an_index(admin_client, model, query, index):
    schedules(120)
    occurrences(240, schedules=2)
    OperatorAction.objects.bulk_create(
        OperatorAction(at=at(8) + MINUTE * number, by="ada", verb="run") for number in range(120)
    )

    asked = questions(admin_client, page("changelist", model=model), **query)

    start = f'FROM "tasks_scheduler_{model}"'
    rows = [sql for sql in asked if start in sql and "LIMIT 100" in sql and "ORDER BY" in sql]
    assert index in plan(rows[-1])
    assert "TEMP B-TREE" not in plan(rows[-1])  # which would sort all there is


def test_no_choice_of_a_filter_is_looked_for_in_every_row(admin_client):
    for model in ("occurrence", "operatoraction"):
        asked = questions(admin_client, page("changelist", model=model))

        assert [sql for sql in asked if "DISTINCT" in sql] == []
