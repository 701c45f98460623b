"""Each question that workers repeat is answered by its index, with many rows, on every database."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks_core.backends.database.cancel import expire
from tasks_core.backends.database.claim import claim
from tasks_core.backends.database.dispatch import dispatch, next_run_after
from tasks_core.backends.database.prune import prune
from tasks_core.backends.database.rescue import rescue
from tasks_core.models import Job, Process
from tasks_core.states import JobState
from tests.tasks_core.rows import DEAD, NOON, fields_of, make_process

ROWS = 20_000
QUEUES = ("default", "mail", "reports", "slow")


@pytest.fixture(scope="module", autouse=True)
def _many_rows(django_db_setup, django_db_blocker):
    """Twenty thousand jobs, most of them ended, committed once for all tests of this file."""
    with django_db_blocker.unblock():
        Job.objects.bulk_create((Job(**row(number)) for number in range(ROWS)), batch_size=2000)
        with connection.cursor() as cursor:
            table = "TABLE tasks_core_job" if connection.vendor == "mysql" else "tasks_core_job"
            cursor.execute(f"ANALYZE {table}")
        yield
        Job.objects.all().delete()
        Process.objects.all().delete()
        connection.close()


pytestmark = pytest.mark.django_db


def row(number):
    kind = number % 20
    state = {0: JobState.READY, 1: JobState.SCHEDULED, 2: JobState.FAILED}.get(
        kind, JobState.SUCCESSFUL
    )
    moment = NOON + timedelta(seconds=number)
    fields = fields_of(state) | {"queue": QUEUES[number % 7 % 4], "run_after": moment}
    if "finished_at" in fields:
        fields["finished_at"] = moment
    return fields | {"priority": number % 3}


def plans(work, start="SELECT", part="tasks_core_job"):
    """Return how the database answers the statements of ``work`` about jobs, as text."""
    with CaptureQueriesContext(connection) as queries:
        work()
    asked = [
        each["sql"]
        for each in queries.captured_queries
        if each["sql"].startswith(start) and part in each["sql"]
    ]
    assert asked, queries.captured_queries
    return [explain(sql) for sql in asked]


def explain(sql):
    words = {"sqlite": "EXPLAIN QUERY PLAN", "mysql": "EXPLAIN FORMAT=JSON"}
    with connection.cursor() as cursor:
        cursor.execute(f"{words.get(connection.vendor, 'EXPLAIN')} {sql}")
        lines = [str(line[-1]) for line in cursor.fetchall()]
    if connection.vendor != "mysql":
        return "\n".join(lines)
    return json.dumps(json.loads(lines[0]))


def sorts(plan):
    """Say whether rows are collected and sorted, which costs as much as there are rows."""
    return any(word in plan for word in ("TEMP B-TREE", "Sort", "filesort"))


def claiming(**options):
    owner = make_process().pk
    return lambda: claim("default", owner=owner, limit=5, now=NOON + timedelta(days=2), **options)


def test_a_claim_of_one_queue_uses_its_index():
    for plan in plans(claiming(queues=["mail"]), part="ORDER BY"):
        assert "job_claim_of_queue" in plan, plan
        assert not sorts(plan), plan


def test_a_claim_of_all_queues_uses_its_index():
    for plan in plans(claiming(), part="ORDER BY"):
        assert "job_claim_of_" in plan, plan
        assert not sorts(plan), plan


def test_a_claim_of_some_queues_uses_an_index():
    for plan in plans(claiming(queues=["mail", "reports"]), part="ORDER BY"):
        assert "job_claim_of_" in plan, plan


def test_dispatch_uses_its_index():
    for plan in plans(lambda: dispatch("default", now=NOON + timedelta(minutes=10), limit=5)):
        assert "job_dispatch" in plan, plan
        assert not sorts(plan), plan


def test_the_next_deferred_job_is_found_by_the_index_of_dispatch():
    [plan] = plans(lambda: next_run_after("default"))

    assert "job_dispatch" in plan, plan
    assert not sorts(plan), plan


@pytest.mark.parametrize("state", [JobState.SUCCESSFUL, JobState.FAILED])
def test_prune_uses_its_index(state):
    now = NOON + timedelta(minutes=5)

    for plan in plans(lambda: next(prune("default", state, now=now, older_than=timedelta(0)))):
        assert "job_prune" in plan, plan


def test_expiry_uses_its_index():
    for plan in plans(lambda: expire("default", now=NOON)):
        assert "job_expiry" in plan, plan


def test_rescue_looks_at_no_more_than_the_running_jobs():
    owner = make_process(lease=DEAD)
    Job.objects.filter(
        pk__in=list(Job.objects.filter(state=JobState.READY).values_list("pk", flat=True)[:3])
    ).update(state=JobState.RUNNING, claimed_by=owner, attempts=1)

    for plan in plans(lambda: rescue("default", now=NOON), start="UPDATE"):
        assert not any(word in plan for word in ("SCAN tasks_core_job", "Seq Scan")), plan
        assert '"access_type": "ALL"' not in plan, plan
