"""Rows stored in plain SQL are the rows that the model describes."""

from datetime import timedelta

import pytest

from tasks_core import Call, JobState, clock, ids, limits, registry
from tasks_core.backends.database.statements import (
    defaults,
    insert_portable,
    insert_postgresql,
    insert_rows,
)
from tasks_core.backends.database.statements.columns import columns_of, rows_of, timed
from tasks_core.backends.database.statements.insertion import insert
from tasks_core.models import Job
from tasks_core.testing import FrozenClock
from tests.app.tasks import leave_effect
from tests.tasks_core.rows import HOUR, NOON

pytestmark = pytest.mark.django_db

DEFAULTS: dict = {}
EVERYTHING = {
    "when": NOON + HOUR,
    "priority": -7,
    "queue": "mail",
    "key": "k'1\\\"",
    "max_attempts": 2,
    "timeout": timedelta(days=2, microseconds=3),
    "expires_at": NOON + 2 * HOUR,
    "concurrency": ("é", 3),
    "rate": "10/m",
    "label": "a\nb\t%s {c}",
    "creator": "auth.User:7",
    "context": {"a": [1, None, {"b": "%"}]},
}
ARGUMENTS = ["", "it's %s", {"deep": [1.5, True, None, 2**64 - 1]}, "\\N \u2028"]


def call_of(options):
    task = registry.find(leave_effect)
    return Call(
        task, ARGUMENTS if options else [], {"k": 1} if options else {}, **options
    ).checked()


def stored_by(insertion, calls):
    """Return the columns of the rows that ``insertion`` makes of ``calls``, but for their ids."""
    Job.rows.all().delete()
    with FrozenClock(NOON):
        states = insertion("default", columns_of(calls, ids.job_ids(len(calls))))
    rows = list(Job.objects.order_by("pk").values())
    assert states == [row["state"] for row in rows]
    return [{name: value for name, value in row.items() if name != "id"} for row in rows]


def by_the_model(alias, columns):
    jobs = rows_of(timed(columns, now=clock.db_now(alias)))
    for job in jobs:
        job.save_base(using=alias, force_insert=True)
    return [JobState(job.state) for job in jobs]


@pytest.mark.parametrize("options", [DEFAULTS, EVERYTHING], ids=["defaults", "everything"])
def test_a_row_in_plain_sql_is_a_row_of_the_model(options):
    calls = [call_of(options)]

    expected = stored_by(by_the_model, calls)

    assert stored_by(insert, calls) == expected
    assert stored_by(insert_portable.insert, calls) == expected


def test_rows_of_several_calls_are_rows_of_the_model():
    calls = [
        call_of({}),
        call_of(EVERYTHING),
        call_of({"priority": 1}),
        call_of({"when": NOON + HOUR, "context": {"a": 1}}),
    ]

    assert stored_by(insert, calls) == stored_by(by_the_model, calls)


@pytest.mark.parametrize("option", list(EVERYTHING))
def test_what_only_some_calls_say_is_said_for_them_alone(option):
    calls = [call_of({}), call_of({option: EVERYTHING[option]}), call_of({})]

    assert stored_by(insert, calls) == stored_by(by_the_model, calls)


@pytest.mark.parametrize("number", [499, 500, 1001])
def test_more_jobs_than_one_statement_takes_are_stored_once_each(number):
    calls = [call_of({"priority": place % 7}) for place in range(number)]

    rows = stored_by(insert, calls)

    assert [row["priority"] for row in rows] == [place % 7 for place in range(number)]


def test_what_all_calls_say_is_said_for_all():
    options = {name: value for name, value in EVERYTHING.items() if name != "key"}
    calls = [call_of(options), call_of(options)]

    assert stored_by(insert, calls) == stored_by(by_the_model, calls)


def test_arguments_that_python_takes_for_equal_stay_what_they_are():
    task = registry.find(leave_effect)
    calls = [Call(task, [value]).checked() for value in (1, True, 1.0, 0, False)]

    stored_by(insert, calls)

    found = Job.objects.order_by("pk").values_list("args", flat=True)
    assert [type(value) for [value] in found] == [int, bool, float, int, bool]


@pytest.mark.parametrize("delay", [-HOUR, timedelta(0), timedelta(days=400, microseconds=1)])
def test_a_delay_is_an_instant_in_the_row(delay):
    calls = [Call(registry.find(leave_effect), when=delay, expires_at=delay)]

    [row] = stored_by(insert, calls)

    assert (row["run_after"], row["expires_at"]) == (NOON + delay, NOON + delay)
    assert row["state"] == (JobState.SCHEDULED if delay > timedelta(0) else JobState.READY)


def test_every_option_is_in_the_row():
    [row] = stored_by(insert, [call_of(EVERYTHING)])

    assert (row["concurrency_key"], row["concurrency_limit"], row["parked"]) == ("é", 3, True)
    assert row["rate_key"] == limits.rate_of(task=row["task"], queue="mail", rate="10/m")[0]
    assert (row["active_key"], row["label"]) == (EVERYTHING["key"], EVERYTHING["label"])
    assert (row["args"], row["context"]) == (ARGUMENTS, EVERYTHING["context"])
    assert row["timeout"] == EVERYTHING["timeout"]


@pytest.fixture
def drifted(monkeypatch):
    """Let the statements have a literal that is not the default of the model."""
    literals = defaults.literals(Job) | {"reason": "'drifted'"}
    statements = (insert_postgresql._sql, insert_rows.statement)
    for module in (insert_postgresql, insert_rows):
        monkeypatch.setattr(module, "literals", lambda model: literals)
    for statement in statements:
        statement.cache_clear()
    yield
    for statement in statements:
        statement.cache_clear()


@pytest.mark.usefixtures("drifted")
def test_a_literal_that_is_no_default_is_noticed():
    calls = [call_of({})]

    assert stored_by(insert, calls) != stored_by(by_the_model, calls)
