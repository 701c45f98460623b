"""A run over HTTP: arguments that fit the task, and a job that its caller may see."""

from datetime import UTC, datetime
from typing import Annotated

import pytest
from pydantic import Field

from scheduler import operations
from scheduler.models import OperatorAction, Schedule
from tasks_core import registry
from tasks_core.definition import Task
from tasks_core.models import Job
from tasks_core.testing import drain
from tests.scheduler.operations.places import make
from tests.tasks_core.http.callers import Caller, person

EARLIER = datetime(2026, 1, 1, 9, 30, tzinfo=UTC)
TAKE = "tests.app.tasks.take"  # (number, more=0)
POUR = "tests.scheduler.http.test_runs.pour"
RUN = "schedules/tea/run"


def pour(
    cup: str, milliliters: Annotated[int, Field(ge=1)] = 200, /, *tags: str, sweet: bool = False
):
    return [cup, milliliters, *tags, sweet]


@pytest.fixture
def take(db):
    make(EARLIER, task=TAKE, kwargs={"number": 1})


@pytest.fixture
def callable_pour(api_site):
    registry.declare(Task(pour, POUR, http=True))  # into a registry that this test has alone
    make(EARLIER, task=POUR, args=["oolong"])


def errors(answer):
    assert answer.status_code == 422, answer.content
    return {wrong["field"]: wrong["cure"] for wrong in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"args": [1, 2, 3], "kwargs": {}}, ["args.2"]),
        ({"args": [], "kwargs": {}}, ["kwargs.number"]),
        ({"kwargs": {"numer": 1}}, ["kwargs.number", "kwargs.numer"]),
        ({"args": [1]}, ["kwargs.number"]),  # where the schedule has it
        ({"kwargs": {"number": "a\0"}}, ["kwargs.number"]),
        ({"kwargs": {"number": {"a": [1, 10**30]}}}, ["kwargs.number.a.1"]),
        ({"args": ["x" * 70_000], "kwargs": {}}, ["args"]),
    ],
)
def test_arguments_that_the_task_does_not_take_are_named(ada, take, said, fields):
    assert list(errors(ada.post(RUN, said, Idempotency_Key="a"))) == fields

    assert not Job.objects.exists()
    assert ada.post(RUN, {}, Idempotency_Key="a").status_code == 201


def test_the_name_that_was_meant_is_told(ada, take):
    told = errors(ada.post(RUN, {"kwargs": {"numer": 1}}))

    assert told["kwargs.numer"] == "Leave it out. Did you mean 'number'?"


def test_of_a_task_that_is_for_code_alone_no_type_is_asked(ada, take):
    assert ada.post(RUN, {"kwargs": {"number": "one"}}).status_code == 201


@pytest.mark.django_db
@pytest.mark.usefixtures("callable_pour")
@pytest.mark.parametrize(
    ("said", "fields"),
    [
        ({"args": [7]}, ["args.0"]),
        ({"args": ["oolong", 0]}, ["args.1"]),
        ({"args": ["oolong", 1, "hot", 8]}, ["args.3"]),
        ({"args": []}, ["args.0"]),
        ({"args": ["oolong"], "kwargs": {"sweet": 1}}, ["kwargs.sweet"]),
        ({"args": [], "kwargs": {"cup": "oolong"}}, ["kwargs.cup", "args.0"]),
        ({"args": ["oolong"], "kwargs": {"tags": []}}, ["kwargs.tags"]),
    ],
)
def test_of_a_task_that_is_callable_over_http_the_types_are_asked(ada, said, fields):
    assert list(errors(ada.post(RUN, said))) == fields


@pytest.mark.django_db
@pytest.mark.usefixtures("callable_pour")
def test_arguments_that_fit_arrive(ada):
    said = {"args": ["oolong", 100, "hot"], "kwargs": {"sweet": True}}

    answer = ada.post(RUN, said)

    assert answer.status_code == 201
    drain()
    assert Job.objects.get().return_value == ["oolong", 100, "hot", True]


def test_who_may_not_view_jobs_is_told_of_the_one_that_they_asked_for(take):
    operator = Caller(person("operator", "tasks_scheduler.change_schedule"))

    answer = operator.post(RUN)

    told = operator.client.get(answer["Location"])
    assert (told.status_code, told.json()["id"]) == (200, answer.json()["job_id"])
    assert [job["id"] for job in operator.get("jobs/").json()["jobs"]] == [told.json()["id"]]
    assert (
        Caller(person("other", "tasks_scheduler.change_schedule"))
        .client.get(answer["Location"])
        .status_code
        == 404
    )


def test_what_a_name_alone_runs_is_nobodys(take):
    operations.run("tea", user="cli: ada")

    assert Job.objects.get().creator == ""
    assert OperatorAction.objects.latest("pk").by == "cli: ada"


def test_where_jobs_are_not_told_of_no_address_is(ada, take, settings):
    settings.ROOT_URLCONF = "tests.scheduler.http.only_schedules"

    answer = ada.post(RUN)

    assert (answer.status_code, "Location" in answer) == (201, False)


def test_arguments_of_the_schedule_itself_are_no_fault_of_the_caller(ada, db):
    make(EARLIER, task=TAKE, kwargs={"number": 1})
    Schedule.objects.filter(key="tea").update(kwargs={"numer": 1})

    answer = ada.post(RUN)

    assert answer.status_code == 409
    assert "'number'" in answer.json()["detail"]
