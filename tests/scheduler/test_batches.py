"""Many schedules at once: the same rows as one by one, and as many statements as for few."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from scheduler.materialise.insertion import FEW, Line, insert
from scheduler.materialise.watermarks import WatermarkMoved, advance
from scheduler.models import Occurrence, Schedule
from scheduler.planner import Decision, Plan
from scheduler.turn.batches import materialise_due
from scheduler.turn.work import Work
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.scheduler.places import HOUR, at

pytestmark = pytest.mark.django_db

MANY = 3 * FEW


def make(count, **columns):
    return Schedule.objects.bulk_create(
        Schedule(
            key=f"tea {number:03}",
            task="tests.app.tasks.nothing",
            trigger="cron 0 * * * * UTC",
            source="database",
            definition_hash=f"hash {number}",
            watermark=at(8),
            floor=at(8),
            known_since=at(8),
            next_due_at=at(9),
            **columns,
        )
        for number in range(count)
    )


def statements(count):
    make(count)
    with FrozenClock(at(9)), CaptureQueriesContext(connection) as queries:
        batch = materialise_due(limit=1000, recorded_by="test")
    assert batch.enqueued == count
    Schedule.objects.all().delete()
    Occurrence.objects.all().delete()
    Job.rows.all().delete()
    return len(queries)


def test_the_number_of_statements_does_not_depend_on_how_many_are_due():
    few = statements(FEW + 1)

    # SQLite takes so many parameters in one statement.
    assert statements(MANY) <= few + (2 if connection.vendor == "sqlite" else 0)


@pytest.mark.parametrize("outcome", ["enqueued", "skipped"])
def test_a_row_is_the_same_whether_it_is_stored_alone_or_with_many(outcome):
    reason = "paused" if outcome == "skipped" else ""
    decision = Decision(
        due_at=at(9), until_at=at(9) + 2 * HOUR, count=3, outcome=outcome, reason=reason
    )
    rows = [Line(schedule, decision) for schedule in make(MANY)]

    insert("default", rows, recorded_at=at(9), recorded_by="many", batch="many")
    for row in rows:
        insert("default", [row], recorded_at=at(9), recorded_by="many", batch="alone")

    told = [
        {name: value for name, value in row.items() if name not in {"id", "batch", "job_id"}}
        for row in Occurrence.objects.order_by("schedule_key", "batch").values()
    ]
    assert len(told) == 2 * MANY
    assert told[::2] == told[1::2]
    ids = set(Occurrence.objects.values_list("job_id", flat=True))
    assert len(ids) == (1 if reason else 2 * MANY)


def test_a_count_that_nobody_knows_stays_unknown():
    decision = Decision(
        due_at=at(9), until_at=at(10), count=None, outcome="skipped", reason="paused"
    )

    insert(
        "default", [Line(each, decision) for each in make(MANY)], recorded_at=at(9), recorded_by=""
    )

    assert set(Occurrence.objects.values_list("count", "ended_at")) == {(None, None)}


def test_a_due_time_that_is_there_is_refused():
    decision = Decision(due_at=at(9), until_at=at(9))
    rows = [Line(schedule, decision) for schedule in make(MANY)]
    insert("default", rows[-1:], recorded_at=at(9), recorded_by="")

    with pytest.raises(IntegrityError):
        insert("default", rows, recorded_at=at(9), recorded_by="")


def test_each_schedule_moves_as_its_own_trigger_says():
    rows = make(MANY)
    for number, row in enumerate(rows):
        row.trigger = f"cron {number},0 9 * * * UTC"
    Schedule.objects.bulk_update(rows, ["trigger"])

    with FrozenClock(at(9)):
        materialise_due(limit=1000, recorded_by="test")

    moved = Schedule.objects.order_by("key").values_list(
        "watermark", "next_due_at", "last_due_at", "runs"
    )
    assert list(moved) == [
        (at(9), at(9, number) if number else at(9, days=1), at(9), 1) for number in range(MANY)
    ]


def test_one_that_changed_meanwhile_stops_them_all():
    rows = make(MANY)
    plans = [
        Plan(decisions=(), watermark=at(9), next_due_at=at(10, number)) for number in range(MANY)
    ]
    work = [Work(row, None, plan) for row, plan in zip(rows, plans, strict=True)]
    Schedule.objects.filter(key=rows[5].key).update(definition_hash="another")

    with pytest.raises(WatermarkMoved, match="1 of"), transaction.atomic():
        advance("default", work)

    assert set(Schedule.objects.values_list("watermark", flat=True)) == {at(8)}
