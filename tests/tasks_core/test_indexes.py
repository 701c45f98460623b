"""Each question that workers repeat is answered by its index, with many rows, on every database."""

import json
import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tasks_core import clock, ids
from tasks_core.backends.database.cancel import expire
from tasks_core.backends.database.claim import claim
from tasks_core.backends.database.dispatch import dispatch
from tasks_core.backends.database.prune import prune
from tasks_core.backends.database.questions import indexed
from tasks_core.backends.database.questions.look import look
from tasks_core.backends.database.rescue import rescue
from tasks_core.models import Job, Process, Queue
from tasks_core.states import JobState
from tests.tasks_core.rows import DEAD, NOON, committed_rows, fields_of, make_process

ROWS = 20_000
QUEUES = ("default", "mail", "reports", "slow")


@pytest.fixture(scope="module", autouse=True)
def _many_rows(django_db_setup, django_db_blocker):
    """Twenty thousand jobs, most of them ended, committed once for all tests of this file."""
    with django_db_blocker.unblock(), committed_rows(row, ROWS):
        yield


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
    return fields | {"priority": number % 3, "creator": "" if number % 50 else "shop.User:7"}


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


def claim_plans(**options):
    """Return the plans of the statements that choose the jobs of a claim."""
    return plans(claiming(**options), start=("SELECT", "WITH"), part="ORDER BY")


def reads_on(index, plan):
    """Say whether the jobs are read in the order of ``index``, and no more than are wanted."""
    if connection.vendor == "postgresql":
        return re.search(
            rf"LockRows.*\n(.*Result.*\n|.*Filter.*\n)*.*Index Scan using {index}", plan
        )
    all_rows = r'SCAN tasks_core_job|"table_name": "tasks_core_job", "access_type": "ALL"'
    return index in plan and not re.search(all_rows, plan)


def test_a_claim_of_one_queue_uses_its_index():
    for plan in claim_plans(queues=["mail"]):
        assert reads_on("job_claim_of_queue", plan), plan


def test_a_claim_of_all_queues_uses_its_index():
    for plan in claim_plans():
        assert reads_on("job_claim_of_all", plan), plan


def test_a_claim_of_some_queues_looks_into_each():
    index = "job_claim_of_" if connection.vendor == "mysql" else "job_claim_of_queue"
    for plan in claim_plans(queues=["mail", "reports"]):
        assert reads_on(index, plan), plan


def test_a_suspect_is_found_by_its_own_index():
    [pk] = Job.objects.filter(state=JobState.READY).values_list("pk", flat=True)[:1]
    Job.rows.filter(pk=pk).update(suspect=True)
    owner = make_process().pk

    for plan in plans(
        lambda: claim("default", owner=owner, limit=1, alone=True), ("SELECT", "WITH"), "ORDER BY"
    ):
        assert "job_suspect" in plan, plan


def test_dispatch_uses_its_index():
    def move():
        dispatch("default", now=NOON + timedelta(minutes=10), limit=5)

    for plan in plans(move, start=("SELECT", "\nWITH"), part="run_after"):
        assert "job_dispatch" in plan, plan
        assert not sorts(plan), plan


def test_a_look_reads_the_first_entries_of_indexes():
    owner = make_process().pk

    [plan] = plans(lambda: look("default", owner), start="\nSELECT")

    for index in ("job_dispatch", "job_expiry", "job_owner", "job_suspect", "job_claim_of_all"):
        assert index in plan, plan
    assert "Seq Scan on tasks_core_job" not in plan, plan
    assert not re.search(r"SCAN tasks_core_job(?! USING)", plan), plan
    assert not re.search(r'"tasks_core_job", "access_type": "(ALL|index)"', plan), plan
    assert not sorts(plan), plan


@pytest.mark.parametrize("state", [JobState.SUCCESSFUL, JobState.FAILED])
def test_prune_uses_its_index(state):
    now = NOON + timedelta(minutes=5)

    for plan in plans(lambda: next(prune("default", state, now=now, older_than=timedelta(0)))):
        assert "job_prune" in plan, plan


@pytest.mark.parametrize("creator", ["shop.User:7", "shop.User:8"])
@pytest.mark.parametrize("state", [None, JobState.SUCCESSFUL, JobState.READY])
def test_the_jobs_of_a_creator_are_found_by_their_index(creator, state):
    jobs = Job.objects.for_creator(creator)
    jobs = jobs.in_state(state) if state else jobs

    for plan in plans(lambda: list(jobs.order_by("-pk")[:51])):
        assert "job_of_creator" in plan, plan
        # PostgreSQL rather sorts four hundred than to read them one by one.
        assert connection.vendor == "postgresql" or not sorts(plan), plan


def test_a_creator_that_is_compared_in_other_words_is_looked_for_among_all():
    """SQLite hears the words of the condition only; MySQL knows no conditions."""
    [plan] = plans(lambda: list(Job.objects.filter(creator="shop.User:7").order_by("-pk")[:51]))

    assert ("job_of_creator" in plan) is (connection.vendor != "sqlite"), plan


@pytest.mark.parametrize("asked", ["ready", "due"])
def test_those_that_wait_are_found_by_their_indexes(asked):
    waiting = Job.objects.ready() if asked == "ready" else Job.objects.due(NOON)

    for plan in [*plans(lambda: list(waiting)), *plans(waiting.all().count)]:
        for index in ("job_claim_of_", "job_admit_concurrent", "job_admit_rated"):
            assert index in plan, plan
        assert not re.search(r"SCAN tasks_core_job|Seq Scan|\"ALL\"", plan), plan


def test_expiry_uses_its_index():
    for plan in plans(lambda: expire("default", now=NOON)):
        assert "job_expiry" in plan, plan


def test_rescue_looks_at_no_more_than_the_running_jobs():
    owner = make_process(lease=DEAD)
    Job.rows.filter(
        pk__in=list(Job.objects.filter(state=JobState.READY).values_list("pk", flat=True)[:3])
    ).update(state=JobState.RUNNING, claimed_by=owner, attempts=1)

    for plan in plans(lambda: rescue("default", now=NOON), start="UPDATE"):
        assert not any(word in plan for word in ("SCAN tasks_core_job", "Seq Scan")), plan
        assert '"access_type": "ALL"' not in plan, plan


@pytest.mark.vendor("mysql")
@pytest.mark.django_db(transaction=True)
def test_a_look_does_not_collect_all_owners_where_many_processes_have_stopped():
    """MariaDB took 80 ms for that with 400,000 jobs, for each look of each worker."""
    ago = clock.db_now() + DEAD
    Process.objects.bulk_create(
        Process(kind="worker", started_at=ago, lease_expires_at=ago, stopped_at=ago, pid=1)
        for _ in range(2000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE TABLE tasks_core_process")

    [plan] = plans(lambda: look("default", ids.job_id()), start="\nSELECT")

    assert "materialization" not in plan, plan


@pytest.mark.vendor("sqlite", "mysql")
@pytest.mark.parametrize("queues", [["mail"], None])
def test_a_claim_does_not_step_over_the_jobs_of_a_paused_queue(queues):
    """100,000 of them cost 100 ms on SQLite and 400 ms on MariaDB; PostgreSQL asks first."""
    Queue.objects.create(name="mail", paused_at=NOON)
    owner = make_process().pk

    with CaptureQueriesContext(connection) as queries:
        claim("default", owner=owner, limit=5, queues=queues)

    # What is left are the steps from queue to queue, and the claims from those that go on.
    reads = [each["sql"] for each in queries if "tasks_core_job" in each["sql"]]
    claims = [sql for sql in reads if "ORDER BY" in sql and "priority" in sql]
    assert all("'reports'" in sql and "'mail'" not in sql for sql in claims), claims
    assert bool(claims) is (queues is None)


def test_from_queue_to_queue_is_one_step_in_the_index():
    """PostgreSQL read the index from its start: 12 ms for 100,000 jobs, at each claim."""
    [*steps] = plans(lambda: list(indexed.queues_of(indexed.claimable("default"))))

    for plan in steps:
        assert "job_claim_of_queue" in plan, plan
        if connection.vendor == "postgresql":
            assert re.search(r"Index Cond: .*state = ANY.*parked = ", plan), plan
