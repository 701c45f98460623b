"""What limits ask is answered by their indexes, with twenty thousand parked jobs of one key."""

from datetime import timedelta

import pytest
from django.db import connection

from tasks_core.backends.database.cancel import cancel_requests
from tasks_core.backends.database.limits import sweep
from tasks_core.backends.database.limits.admit import admit
from tasks_core.backends.database.limits.allowances import declare
from tasks_core.backends.database.limits.sweep import admit_all
from tasks_core.backends.database.prune import prune_keys
from tasks_core.models import Limit
from tasks_core.states import JobState
from tests.tasks_core.rows import NOON, committed_rows, fields_of, make_process
from tests.tasks_core.test_indexes import plans, sorts

ROWS = 20_000
LATER = NOON + timedelta(days=2)
INDEX = {"concurrency_key": "job_admit_concurrent", "rate_key": "job_admit_rated"}


@pytest.fixture(scope="module", autouse=True)
def _many_parked(django_db_setup, django_db_blocker):
    """Half of the jobs wait for one key, others for many, and many have ended."""
    with django_db_blocker.unblock(), committed_rows(row, ROWS):
        yield


pytestmark = pytest.mark.django_db


def row(number):
    state = JobState.SUCCESSFUL if number % 4 == 3 else JobState.READY
    fields = fields_of(state) | {"parked": state == JobState.READY and number % 40 != 0}
    name = "busy" if number % 2 == 0 else f"key {number % 300}"
    limits = {"concurrency_key": name, "concurrency_limit": 2, "rate_key": name}
    order = {"priority": number % 3, "run_after": NOON + timedelta(seconds=number % 1000)}
    return fields | limits | order


def sweeps_of(column):
    """Return the plans of the statements that go from key to key of this column."""
    name = f"{connection.ops.quote_name(column)} >"
    return plans(lambda: sweep._some_of_all("default"), part=name)


@pytest.mark.parametrize("column", INDEX)
def test_an_admission_looks_into_the_index_of_its_key(column):
    declare("default", spacings={"busy": timedelta(milliseconds=1)})

    def work():
        admit("default", **{f"{column}s": ["busy"]}, now=LATER)

    for plan in plans(work, part="DESC"):
        assert INDEX[column] in plan, plan
        assert not sorts(plan), plan
    [counting] = plans(work, part="COUNT(")
    assert all(index in counting for index in INDEX.values()), counting
    assert not sorts(counting), counting


@pytest.mark.parametrize("column", INDEX)
def test_the_sweep_goes_from_key_to_key(column):
    for plan in sweeps_of(column):
        assert INDEX[column] in plan, plan
        assert not sorts(plan), plan


@pytest.mark.vendor("sqlite", "mysql")
@pytest.mark.parametrize("column", INDEX)
def test_the_sweep_reads_nothing_of_the_jobs_that_have_ended(column):
    """MariaDB took 8 s to step over 300,000 of them. PostgreSQL's plan does not tell."""
    parts = {"sqlite": f"(state=? AND parked=? AND {column}>?)", "mysql": f'"parked", "{column}"]'}

    for plan in sweeps_of(column):
        assert parts[connection.vendor] in plan, plan


def test_requests_to_cancel_are_asked_of_one_owner():
    owner = make_process().pk

    for plan in plans(lambda: cancel_requests("default", owner)):
        assert "job_owner" in plan, plan


def test_an_unused_limit_is_found_by_the_indexes_of_the_keys():
    Limit.objects.create(key="unused")

    for plan in plans(lambda: prune_keys("default", now=LATER)):
        assert all(index in plan for index in INDEX.values()), plan


def test_a_sweep_goes_on_where_it_left_off():
    seen = set()
    for _ in range(6):
        admit_all("default", LATER)
        seen = set(Limit.objects.values_list("pk", flat=True))

    assert {"busy", "key 1", "key 297"} <= seen
